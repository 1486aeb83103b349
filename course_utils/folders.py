"""Image folders and zips of images, read with patience for damaged files."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from course_utils.cache import file_stamp, stored_arrays
from course_utils.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
PARTS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
READER = 1  # to be raised when the reader gives other pixels for the same file
CHUNK = 256  # files decoded before the next are read: bounds the memory, and the wait after Ctrl-C
LAYOUT = "one folder per class, e.g. train/hotdog/1.jpg, train/other/2.jpg"


@dataclass(frozen=True)
class ReadReport:
    """What was read, and which files were not.

    Attributes:
        parts: uint8 images ``[N, 3, H, W]`` and int64 labels ``[N]``, by part: "train" and "test",
            also "val" where there are all three, or "all" where there is nothing to tell them apart.
        files: the name of each image's file, relative to the folder or zip, by part.
        classes: names of the class folders, sorted.
        skipped: damaged files that were left out.
    """

    parts: dict[str, tuple[np.ndarray, np.ndarray]]
    files: dict[str, np.ndarray]
    classes: tuple[str, ...]
    skipped: tuple[str, ...]


def read_images(path: str | Path, size: int | None = None, max_damaged: int = 20) -> ReadReport:
    """Images in ``<part>/<class>/`` or ``<class>/``, from a folder or a zip (read, never unpacked).

    Parts are called train, val (valid, validation) and test; where there is val and no test, val
    serves as the test set. Grey images become RGB, transparent ones lie on white, photographs stand
    upright (EXIF). Decoded images are kept in the cache folder until a file changes.

    Args:
        path: the folder or zip; folders around the data set may come first (``cifar10/train/...``).
        size: side in pixels: the short side is resized to it, then the centre cut out. Without it
            all images must have one size.
        max_damaged: more unreadable files than that are an error.

    Raises:
        DataError: if there is nothing to read, a class has no images, there is one class only, sizes
            are mixed and ``size`` is not given, or too many files are damaged.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise DataError(
            f"no data at {path}",
            expected="a folder or zip of images, or a data set by name: auto, cartoons, cifar10, hotdog",
            found=f"nothing at {path.resolve()}",
        )
    source = _Folder(path) if path.is_dir() else _Zip(path)
    arrays = stored_arrays(f"{path.name} {source.stamp()} {size} {READER}", lambda: _decode_all(source, size))
    skipped = tuple(arrays["skipped"].tolist())
    if len(skipped) > max_damaged:
        raise DataError(
            f"too many damaged images in {path}",
            expected=f"{max_damaged} at most",
            found=f"{len(skipped)}: {_some(skipped)}",
            do="copy or download the data again, or remove these files",
        )
    parts = [name.removesuffix("_labels") for name in arrays if name.endswith("_labels")]
    return ReadReport(
        parts={part: (arrays[f"{part}_images"], arrays[f"{part}_labels"]) for part in parts},
        files={part: arrays[f"{part}_files"] for part in parts},
        classes=tuple(arrays["classes"].tolist()),
        skipped=skipped,
    )


class _Folder:
    """What lies in a folder. Names are relative to it; those of folders end in a slash."""

    def __init__(self, path: Path):
        self.path = path

    @cached_property
    def names(self) -> list[str]:
        found = []
        for folder, subfolders, files in os.walk(self.path, followlinks=True):
            here = Path(folder).relative_to(self.path)
            found += [(here / name).as_posix() for name in files]
            found += [(here / name).as_posix() + "/" for name in subfolders]
        return sorted(found)

    def stamp(self) -> str:
        """A key that changes when anything in the folder does."""
        status = [(name, (self.path / name).lstat()) for name in self.names]
        listing = [(name, s.st_size, s.st_mtime_ns) for name, s in status]
        return f"{self.path.resolve()} {hashlib.sha256(repr(listing).encode()).hexdigest()}"

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()


class _Zip:
    """What lies in a zip, by the same three names."""

    def __init__(self, path: Path):
        self.path = path

    @cached_property
    def archive(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except zipfile.BadZipFile as error:
            raise DataError(
                f"{self.path} cannot be read", expected="a folder or a zip of images", found=str(error)
            ) from error

    @property
    def names(self) -> list[str]:
        return self.archive.namelist()

    def stamp(self) -> str:
        return file_stamp(self.path)

    def read(self, name: str) -> bytes:
        return self.archive.read(name)


@dataclass(frozen=True)
class _Entry:
    """An image file, and the part and class of its folders."""

    part: str
    label: str
    file: str


def _layout(names: list[str], where: str) -> tuple[list[_Entry], tuple[str, ...]]:
    """The images of the data set, sorted by part, and its classes, those of empty folders included.

    Raises:
        DataError: if there are no images, or not where :func:`read_images` expects them.
    """
    places = {name: place for name in names if (place := _place(name))}
    images = [place for name, place in places.items() if _is_image(name)]
    if not images:
        raise DataError(f"no images found in {where}", expected=LAYOUT, found=_some(places))
    outside = _wrapping(images)
    inside = {n: place[outside:] for n, place in places.items() if place[:outside] == images[0][:outside]}
    in_parts = any(place[outside].lower() in PARTS for place in images)
    entries, classes = [], set()
    for name, place in inside.items():
        part, below = _part_of(place) if in_parts else ("all", place)
        is_class = len(below) > 1 or name.endswith("/")
        if part and below and is_class:
            classes.add(below[0])
        if part and _is_image(name):
            entries.append(_Entry(part, below[0] if is_class else "", name))
    _refuse_unlabelled([entry.file for entry in entries if not entry.label], where)
    return _use_of_parts(entries, where), tuple(sorted(classes))


def _place(name: str) -> tuple[str, ...]:
    """The folders and file of a name; nothing for hidden files, ghosts of macOS and ways out of the zip."""
    place = PurePosixPath(name.replace("\\", "/"))
    if place.is_absolute() or any(part.startswith((".", "__MACOSX", "__pycache__")) for part in place.parts):
        return ()
    return place.parts


def _is_image(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _wrapping(places: list[tuple[str, ...]]) -> int:
    """How many folders lie around the whole data set (1 for ``cifar10/train/cat/1.png``)."""
    depth = 0
    while (
        len({place[depth] for place in places}) == 1
        and places[0][depth].lower() not in PARTS
        and min(len(place) for place in places) > depth + 2
    ):
        depth += 1
    return depth


def _part_of(place: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """``("valid", "cat", "1.png")`` -> ``"val", ("cat", "1.png")``; no part for what lies beside the parts."""
    return (PARTS.get(place[0].lower()), place[1:]) if place else (None, ())


def _refuse_unlabelled(files: list[str], where: str) -> None:
    if files:
        raise DataError(
            f"images outside of any class folder in {where}",
            expected=LAYOUT,
            found=f"{len(files)} images directly in {PurePosixPath(files[0]).parent}/: {_some(files)}",
            do="move them into class folders",
        )


def _use_of_parts(entries: list[_Entry], where: str) -> list[_Entry]:
    """Sorted by part: ``train`` and ``test``, also ``val`` where there are all three; or ``all``."""
    found = {entry.part for entry in entries}
    if found != {"all"} and "train" not in found:
        raise DataError(f"no train folder in {where}", expected=LAYOUT, found=f"{', '.join(sorted(found))} only")
    renamed = {"train": "all"} if found == {"train"} else {"val": "test"} if found == {"train", "val"} else {}
    entries = [replace(entry, part=renamed.get(entry.part, entry.part)) for entry in entries]
    return sorted(entries, key=lambda entry: entry.part)


def _check_classes(entries: list[_Entry], parts: set[str], classes: tuple[str, ...], where: str) -> None:
    if len(classes) < 2:
        raise DataError(f"a single class in {where}", expected=LAYOUT, found=f"only {', '.join(classes)}")
    present = {(entry.part, entry.label) for entry in entries}
    for part in sorted(parts):
        missing = [label for label in classes if (part, label) not in present]
        if missing:
            raise DataError(
                f"a class without readable images in {where}",
                expected="images of each class" + ("" if part == "all" else f" in {part}"),
                found=f"none of {_some(missing)}",
                do="add images, or remove the class everywhere",
            )


def _some(names: Iterable[str]) -> str:
    """The first few of many names."""
    names = list(names)
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "") or "nothing"


def _decode_all(source: _Folder | _Zip, size: int | None) -> dict[str, np.ndarray]:
    """The arrays to keep: images, labels and files of each part; the classes; the files skipped."""
    where = str(source.path)
    entries, classes = _layout(source.names, where)
    parts = {entry.part for entry in entries}
    _check_classes(entries, parts, classes, where)
    images, kept, skipped = None, [], []
    decoded = _decoded(source.read, [entry.file for entry in entries], size)
    bar = tqdm(decoded, f"reading {source.path.name}", len(entries), unit=" images", delay=1, leave=False)
    for entry, pixels in zip(entries, bar):
        if pixels is None:
            skipped.append(entry.file)
            continue
        if images is None:
            images = np.empty((len(entries), *pixels.shape), np.uint8)
        if pixels.shape != images.shape[1:]:
            raise _mixed_sizes(where, {kept[0].file: images[0], entry.file: pixels})
        images[len(kept)] = pixels
        kept.append(entry)
    _check_classes(kept, parts, classes, where)
    arrays = {"classes": np.array(classes), "skipped": np.array(skipped, dtype=str)}
    for part in parts:
        places = [i for i, entry in enumerate(kept) if entry.part == part]
        arrays[f"{part}_images"] = images[places[0] : places[-1] + 1]
        arrays[f"{part}_labels"] = np.array([classes.index(kept[i].label) for i in places], dtype=np.int64)
        arrays[f"{part}_files"] = np.array([kept[i].file for i in places])
    return arrays


def _mixed_sizes(where: str, examples: dict[str, np.ndarray]) -> DataError:
    sizes = [f"{pixels.shape[2]}x{pixels.shape[1]} ({file})" for file, pixels in examples.items()]
    return DataError(
        f"images of different sizes in {where}",
        expected="one size, or the size of the squares to cut",
        found=", ".join(sizes),
        do="load_data(..., size=128)",
    )


def _decoded(
    read: Callable[[str], bytes], files: list[str], size: int | None
) -> Iterator[np.ndarray | None]:
    """The pixels of each file in turn, None for a damaged one.

    Threads decode photographs at once; on tiny images, which come without ``size``, they would only
    wait for each other.
    """
    with ThreadPoolExecutor(max_workers=None if size else 1) as pool:
        for start in range(0, len(files), CHUNK):
            yield from pool.map(lambda file: _decode(read, file, size), files[start : start + CHUNK])


def _decode(read: Callable[[str], bytes], file: str, size: int | None) -> np.ndarray | None:
    """uint8 ``[3, H, W]``, or None: decoders raise errors of every kind on a damaged file."""
    try:
        image = _rgb(ImageOps.exif_transpose(Image.open(io.BytesIO(read(file)))))
        if size:
            image = ImageOps.fit(image, (size, size))
        return np.asarray(image).transpose(2, 0, 1)
    except Exception:
        return None


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits a pixel, which convert() would clip
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")
