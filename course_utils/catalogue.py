"""What can be fetched, by name: data sets and torchvision's weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from course_utils import downloads
from course_utils.data.sources import SOURCES
from course_utils.downloads import Download
from course_utils.errors import DownloadError
from course_utils.models.architectures import TORCHVISION
from course_utils.models.weights import imagenet_download

CATALOGUE: Mapping[str, Callable[[], Download]] = {
    **SOURCES,
    **{arch: partial(imagenet_download, arch) for arch in TORCHVISION},
}


def fetch(name: str, progress: bool = True) -> Path:
    """Bring ``name`` to this machine unless it is there already; see :func:`course_utils.downloads.fetch`.

    Raises:
        DownloadError: if nothing is called so, or no host gave the file.
    """
    if name not in CATALOGUE:
        raise DownloadError(f"nothing to fetch is called {name!r}.", expected=", ".join(CATALOGUE))
    return downloads.fetch(CATALOGUE[name](), progress)
