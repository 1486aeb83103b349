"""A small folder of photographs: hot dogs if they were fetched, else two drawn classes as JPEGs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from course_utils import cartoons
from course_utils.cache import cache_dir
from course_utils.data import Splits, available, load_data

DRAWN_CLASSES = ("cat", "dog")


def load_photos(size: int, *, train: int, val: int, test: int, seed: int = 0) -> Splits:
    """Two classes of pictures of mixed sizes, cut to squares of ``size`` pixels.

    D2L's hot dogs where ``course fetch hotdog`` brought them; otherwise drawn cats and dogs, written
    out as JPEGs once and read back like anybody's photographs.

    Args:
        train, val, test: how many pictures of both classes together.
    """
    amounts = {"train": train, "val": val, "test": test, "seed": seed}
    if available("hotdog"):
        return load_data("hotdog", size=size, **amounts)
    return load_data(_drawn_folder(max(train + val, 2 * test) // 2), size=size, **amounts)


def _drawn_folder(per_class: int) -> Path:
    """The folder of JPEGs in the cache, written if need be; elsewhere if the cache is read-only."""
    folder = cache_dir() / f"photos-v{cartoons.VERSION}-{per_class}" / "drawn cats and dogs"
    if folder.is_dir():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=folder.parent))
    except OSError:
        folder = Path(tempfile.mkdtemp()) / folder.name
        return cartoons.write_photos(folder, DRAWN_CLASSES, per_class)
    cartoons.write_photos(scratch / "pictures", DRAWN_CLASSES, per_class)
    try:
        (scratch / "pictures").rename(folder)
    except OSError:  # another notebook was faster
        return folder if folder.is_dir() else scratch / "pictures"
    scratch.rmdir()
    return folder
