"""The one download engine, for data and weights alike: several hosts, resumed, verified by checksum."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from filelock import FileLock
from tqdm import tqdm

from course_utils.errors import NO_ROOM, DownloadError

TIMEOUT = 10.0  # seconds without a connection, or without a byte, until a host is given up
SLOW = 200_000.0  # bytes per second; CIFAR-10's own host has been seen at 50,000
PATIENCE = 10.0  # seconds before the speed is judged
FILES = (".gz", ".tar", ".zip", ".pth")  # a mirror whose address ends so is a file, not a folder


@dataclass(frozen=True)
class Download:
    """A file to fetch.

    Attributes:
        published: where it is, byte for byte the same, in the order to try.
        checksum: ``"md5:<hex>"``, ``"sha1:<hex>"``, or ``"sha256:<its first hex digits>"``; empty where
            none is published.
        path: where it goes.
        again: what to run to try once more, for messages.
    """

    published: tuple[str, ...]
    checksum: str
    path: Path
    again: str

    @property
    def urls(self) -> tuple[str, ...]:
        """Where to look for it.

        ``COURSE_MIRRORS`` in the environment (addresses of folders or of the file itself, separated by
        commas or spaces) replaces the hosts.
        """
        return _mirrors(self.path.name) or self.published


def _mirrors(file: str) -> tuple[str, ...]:
    """Where ``file`` is on the mirrors of the environment, leaving out addresses of other files."""
    found = []
    for url in re.split(r"[,\s]+", os.environ.get("COURSE_MIRRORS", "")):
        if url.endswith(f"/{file}"):
            found.append(url)
        elif url and not url.endswith(FILES):
            found.append(f"{url.rstrip('/')}/{file}")
    return tuple(found)


def fetch(wanted: Download, progress: bool = True) -> Path:
    """Bring a file here unless it is here already.

    The hosts are tried in order; one that is slow or breaks off gets another turn after the rest.
    What came so far waits in ``<file>.part``, also for the next call, and the file takes its name
    once its checksum is right.

    Returns:
        ``wanted.path``.

    Raises:
        DownloadError: if no host gave the file; names each host's reason, and what to do.
    """
    if _is_here(wanted):
        return wanted.path
    part = _part_of(wanted)
    with _lock(part):  # another process may fetch the same file: then it is here in the end
        return wanted.path if _is_here(wanted) else _fetch(wanted, part, progress)


def _is_here(wanted: Download) -> bool:
    return wanted.path.is_file() and has_checksum(wanted.path, wanted.checksum)


def _fetch(wanted: Download, part: Path, progress: bool) -> Path:
    urls = wanted.urls
    floor = SLOW if len(urls) > 1 else 0.0
    turns = deque((url, floor) for url in urls)
    reasons = {}
    begun_anew = set()  # hosts that met a wrong part of others: each has one more turn
    while turns:
        url, floor = turns.popleft()
        before = _size(part)
        try:
            _receive(url, part, floor, progress)
            _accept(part, wanted)
            return wanted.path
        except (OSError, HTTPException, ValueError) as error:
            if getattr(error, "errno", None) in NO_ROOM:  # no other host would help
                raise _not_written(wanted, error) from None
            reasons[_host(url)] = _reason(error)
        came_further = _size(part) > before
        older_part_was_wrong = before > 0 and not part.exists() and url not in begun_anew
        if older_part_was_wrong:
            begun_anew.add(url)
        if came_further or older_part_was_wrong:
            turns.append((url, 0.0))
    raise DownloadError(
        f"{wanted.path.name} could not be downloaded.",
        found="; ".join(f"{host}: {reason}" for host, reason in reasons.items()),
        do=f"run {wanted.again} again (it continues where it stopped), set COURSE_MIRRORS to "
        f"the address of another mirror, or put the file into {wanted.path.parent} yourself",
    )


def _not_written(wanted: Download, error: Exception) -> DownloadError:
    return DownloadError(
        f"{wanted.path.name} could not be written to {wanted.path.parent}.",
        found=_reason(error),
        do="make room, or set COURSE_DATA (for weights TORCH_HOME) to another folder; then run "
        f"{wanted.again} again (it continues where it stopped)",
    )


def _part_of(wanted: Download) -> Path:
    """The file that takes what arrives; makes its folder."""
    try:
        wanted.path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(
            f"no folder for downloads at {wanted.path.parent}.",
            found=_reason(error),
            do="set COURSE_DATA (for weights TORCH_HOME) to a folder that you may write to",
        ) from error
    return wanted.path.with_name(f"{wanted.path.name}.part")


def _lock(part: Path) -> FileLock:
    """One process of a user at a time writes to ``part``; the lock lies among the temporary files."""
    user = getattr(os, "getuid", int)()  # nobody can open another user's lock there
    name = hashlib.sha256(f"{user} ".encode() + os.fsencode(part.resolve())).hexdigest()[:16]
    return FileLock(Path(tempfile.gettempdir()) / f"course-download-{name}.lock")


def _receive(url: str, part: Path, floor: float, progress: bool) -> None:
    """Download into ``part``, from its end on if the server can; OSError if it stays incomplete."""
    have = _size(part)
    request = Request(url, headers={"User-Agent": "course-utils"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        response = urlopen(request, timeout=TIMEOUT)
    except HTTPError as error:
        if error.code == 416:  # nothing lies beyond its end: it is whole
            return
        raise
    with response:
        if response.headers.get_content_type() == "text/html":
            raise OSError("a web page came in place of the file")
        resumed = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        start = have if resumed else 0
        length = response.headers["Content-Length"]
        total = start + int(length) if length else None
        title = f"{part.stem} from {_host(url)}"
        bar = tqdm(None, title, total, initial=start, unit="B", unit_scale=True, disable=not progress)
        with bar, open(part, "ab" if resumed else "wb") as file:
            for chunk in _chunks(response, floor):
                file.write(chunk)
                bar.update(len(chunk))
    if total and _size(part) < total:
        raise OSError("the connection broke off")


def _chunks(response: HTTPResponse, floor: float) -> Iterator[bytes]:
    """What arrives, as long as it comes at ``floor`` bytes per second at least."""
    start, received = time.monotonic(), 0
    while chunk := response.read1(1 << 16):
        yield chunk
        received += len(chunk)
        seconds = time.monotonic() - start
        if seconds > PATIENCE and received < floor * seconds:
            raise OSError(f"slower than {floor / 1000:.0f} kB/s")


def _accept(part: Path, wanted: Download) -> None:
    """Give the part its final name, or remove it and raise OSError."""
    if not has_checksum(part, wanted.checksum):
        part.unlink()
        raise OSError("the file that came has a wrong checksum")
    os.replace(part, wanted.path)


def has_checksum(path: Path, checksum: str) -> bool:
    """Whether the file has this checksum (see :class:`Download`); any file has an empty one."""
    if not checksum:
        return True
    algorithm, _, wanted = checksum.partition(":")
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False))
    return digest.hexdigest().startswith(wanted)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc or url
    except ValueError:  # as no address can be
        return url


def _reason(error: Exception) -> str:
    if isinstance(error, URLError) and not isinstance(error, HTTPError):
        return str(error.reason) or type(error.reason).__name__
    return str(error) or type(error).__name__
