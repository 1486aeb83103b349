"""Where published weights lie: on this machine, to be downloaded, or out of reach, in a sentence."""

from __future__ import annotations

import os
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from torchvision.models import get_model_weights

from course_utils import downloads
from course_utils.downloads import Download
from course_utils.errors import DownloadError, WeightsError
from course_utils.models import lite0
from course_utils.models.weights import published_weights
from course_utils.zoo.entries import Entry

TIMEOUT = 5.0  # seconds until a host counts as out of reach
HUGGING_FACE = "https://huggingface.co"
HUB_FILE = "model.safetensors"
MOCO = "https://dl.fbaipublicfiles.com/moco-v3"


@dataclass(frozen=True)
class Availability:
    """Whether weights can be had here and now, the sentence that says why, and what to do if not."""

    yes: bool
    sentence: str
    remedy: str = ""

    def __str__(self) -> str:
        return self.sentence + (f" Do this: {self.remedy}." if self.remedy else "")


def address(entry: Entry) -> str:
    """Where the weights of ``entry`` are published; empty where there are none.

    ``HF_ENDPOINT`` in the environment replaces huggingface.co by a mirror.
    """
    if not entry.tag:
        return ""
    if entry.library == "torchvision":
        return get_model_weights(entry.builder)[entry.tag].url
    if entry.library == "timm":
        endpoint = os.environ.get("HF_ENDPOINT", HUGGING_FACE).rstrip("/")
        return f"{endpoint}/{_repository(entry)}/resolve/main/{HUB_FILE}"
    if entry.library == "moco":
        return f"{MOCO}/{entry.tag}/{entry.tag}.pth.tar"
    return lite0.HOME


def cached_file(entry: Entry) -> Path | None:
    """The weights of ``entry`` on this machine; ``None`` where they are not. No network."""
    if not entry.tag:
        return None
    if entry.library == "timm":
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(_repository(entry), HUB_FILE)
        return Path(found) if isinstance(found, str) else None
    if entry.builder == lite0.ARCH:
        return lite0.weights_file() if lite0.is_installed() else None
    path = _download_of(entry).path
    return path if path.is_file() else None


def local_file(entry: Entry) -> Path:
    """The weights of ``entry`` on this machine.

    Raises:
        WeightsError: if they are not here.
    """
    if found := cached_file(entry):
        return found
    untrained = "build it with pretrained=False"
    if not entry.tag:
        do = f"{untrained}: nobody publishes weights for it"
    elif entry.builder == lite0.ARCH:
        do = f"{lite0.INSTALL}, or {untrained}"
    else:
        do = f"run {_again(entry)} where there is a network, or {untrained}"
    raise WeightsError(f"the weights of {entry.name} are not on this machine.", do=do)


def availability(entry: Entry) -> Availability:
    """Whether the weights of ``entry`` are here or could be downloaded now; asks the host."""
    if not entry.tag:
        return Availability(False, f"{entry.name} has no published weights.", "train it from scratch")
    if file := cached_file(entry):
        return Availability(True, f"{entry.name} is on this machine ({file.name}).")
    if entry.builder == lite0.ARCH:
        return Availability(False, f"{entry.name} comes with a package.", lite0.INSTALL)
    if entry.library == "timm" and _is_offline():
        sentence = f"{entry.name}: HF_HUB_OFFLINE is set, and it is not cached."
        return Availability(False, sentence, "unset it where there is a network")
    refusals = []
    for url in _urls(entry):
        host, reason = urlsplit(url).netloc, _refusal(url)
        if not reason:
            return Availability(True, f"{entry.name} can be downloaded from {host}.")
        refusals.append(f"{host} does not give it ({reason})")
    return Availability(False, f"{entry.name}: {'; '.join(refusals)}.", "try again where there is a network")


def download(entry: Entry, progress: bool = True) -> Path:
    """Bring the weights of ``entry`` to this machine, unless they are here; return the file.

    timm's lie in Hugging Face's cache, which its own client fills: resumed, verified, from ``HF_ENDPOINT``.
    All others come by :func:`course_utils.downloads.fetch`, where ``COURSE_MIRRORS`` counts.

    Raises:
        WeightsError: with the sentence of :func:`availability` if they cannot be had.
        DownloadError: if the download breaks off or has another SHA-256 than its name says.
    """
    state = availability(entry)
    if not state.yes:
        raise WeightsError(state.sentence, do=state.remedy)
    if found := cached_file(entry):
        return found
    if entry.library == "timm":
        return _from_hugging_face(entry)
    return downloads.fetch(_download_of(entry), progress)


def _from_hugging_face(entry: Entry) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(_repository(entry), HUB_FILE))
    except Exception as problem:  # its client has many classes for what breaks off
        found = (str(problem) or type(problem).__name__).splitlines()[0]
        do = f"run {_again(entry)} again"
        raise DownloadError(f"{entry.name} could not be downloaded.", found=found, do=do) from None


def _download_of(entry: Entry) -> Download:
    return published_weights(address(entry), again=_again(entry))


def _again(entry: Entry) -> str:
    return f"zoo.download(zoo.find({entry.name!r}))"


def _urls(entry: Entry) -> tuple[str, ...]:
    """Where to ask for the weights: the mirrors of the environment count."""
    return (address(entry),) if entry.library == "timm" else _download_of(entry).urls


def _refusal(url: str) -> str:
    """Why a host does not give a file; empty if it does."""
    try:
        urlopen(Request(url, method="HEAD", headers={"User-Agent": "course-utils"}), timeout=TIMEOUT).close()
    except (OSError, ValueError, HTTPException) as problem:
        return str(problem.reason if isinstance(problem, URLError) else problem)
    return ""


def _repository(entry: Entry) -> str:
    import timm

    config: Any = timm.get_pretrained_cfg(f"{entry.builder}.{entry.tag}")
    return config.hf_hub_id


def _is_offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")
