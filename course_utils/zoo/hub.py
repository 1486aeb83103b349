"""Where published weights lie: on this machine, to be downloaded, or out of reach, in a sentence."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import torch

from course_utils.errors import WeightsError

if TYPE_CHECKING:
    from course_utils.zoo.entries import Entry

TIMEOUT = 5.0  # seconds until a host counts as out of reach
HUGGING_FACE = "https://huggingface.co"
HUB_FILE = "model.safetensors"
HASH = re.compile(r"-([0-9a-f]{8,})\.")  # torch.hub's rule: the file's name ends in its SHA-256
MOCO = "https://dl.fbaipublicfiles.com/moco-v3"


@dataclass(frozen=True)
class Availability:
    """Whether weights can be had here and now, and the sentence that says why."""

    yes: bool
    sentence: str


def address(entry: Entry) -> str:
    """Where the weights of ``entry`` are published; empty where there are none.

    ``HF_ENDPOINT`` in the environment replaces huggingface.co by a mirror.
    """
    if not entry.tag:
        return ""
    if entry.library == "torchvision":
        return _torchvision_weights(entry).url
    if entry.library == "timm":
        endpoint = os.environ.get("HF_ENDPOINT", HUGGING_FACE).rstrip("/")
        return f"{endpoint}/{_repository(entry)}/resolve/main/{HUB_FILE}"
    return f"{MOCO}/{entry.tag}/{entry.tag}.pth.tar"


def cached_file(entry: Entry) -> Path | None:
    """The weights of ``entry`` on this machine; ``None`` where they are not. No network."""
    if not entry.tag:
        return None
    if entry.library == "timm":
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(_repository(entry), HUB_FILE)
        return Path(found) if isinstance(found, str) else None
    path = _in_torch_hub(entry)
    return path if path.is_file() else None


def local_file(entry: Entry) -> Path:
    """The weights of ``entry`` on this machine.

    Raises:
        WeightsError: if they are not here.
    """
    if found := cached_file(entry):
        return found
    raise WeightsError(
        f"the weights of {entry.name} are not on this machine.",
        do="run hub.download(zoo.find(name)) where there is a network, or build it with pretrained=False"
        if entry.tag
        else "build it with pretrained=False: nobody publishes weights for it",
    )


def availability(entry: Entry) -> Availability:
    """Whether the weights of ``entry`` are here or could be downloaded now; asks the host."""
    if not entry.tag:
        return Availability(False, f"{entry.name} has no published weights: train it from scratch.")
    if file := cached_file(entry):
        return Availability(True, f"{entry.name} is on this machine ({file.name}).")
    url = address(entry)
    host = urlsplit(url).netloc
    if entry.library == "timm" and _is_offline():
        return Availability(False, f"{entry.name}: HF_HUB_OFFLINE is set, and it is not cached.")
    try:
        request = Request(url, method="HEAD", headers={"User-Agent": "course-utils"})
        urlopen(request, timeout=TIMEOUT).close()
    except (OSError, ValueError) as problem:
        reason = problem.reason if isinstance(problem, URLError) else problem
        return Availability(False, f"{entry.name}: {host} does not give it ({reason}).")
    return Availability(True, f"{entry.name} can be downloaded from {host}.")


def download(entry: Entry) -> Path:
    """Bring the weights of ``entry`` to this machine, unless they are here; return the file.

    Raises:
        WeightsError: with the sentence of :func:`availability` if they cannot be had, or if the
            download breaks off or has another SHA-256 than its name says.
    """
    state = availability(entry)
    if not state.yes:
        raise WeightsError(state.sentence, do="try again where there is a network")
    if found := cached_file(entry):
        return found
    if entry.library == "timm":
        from huggingface_hub import hf_hub_download

        return Path(hf_hub_download(_repository(entry), HUB_FILE))
    path = _in_torch_hub(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    start_of_hash = HASH.search(path.name)
    try:
        torch.hub.download_url_to_file(
            address(entry), str(path), start_of_hash and start_of_hash.group(1), progress=False
        )
    except (OSError, RuntimeError) as problem:
        raise WeightsError(
            f"{path.name} could not be downloaded.", found=str(problem), do="try again"
        ) from None
    return path


def _torchvision_weights(entry: Entry):
    from torchvision.models import get_model_weights

    return get_model_weights(entry.builder)[entry.tag]


def _repository(entry: Entry) -> str:
    import timm

    return timm.get_pretrained_cfg(f"{entry.builder}.{entry.tag}").hf_hub_id


def _in_torch_hub(entry: Entry) -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / address(entry).rpartition("/")[2]


def _is_offline() -> bool:
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")
