"""Image folders and zips of images, read with patience for damaged files."""

from __future__ import annotations

import errno
import hashlib
import io
import operator
import os
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import SupportsIndex

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from course_utils.errors import DataError
from course_utils.readable import unreadable_archive
from course_utils.storage import file_stamp, stored_arrays

SUFFIXES = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".tif", ".tiff", ".gif")
FOREIGN = (".heic", ".heif", ".avif", ".jxl", ".jp2", ".svg", ".dng", ".cr2", ".nef", ".arw")  # not read
PARTS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
READER_VERSION = 5  # to be raised when the reader takes other files, or gives other pixels for one
MOST_BYTES = 4_000_000_000  # of images at their own size: half the memory of a small laptop
CHUNK = 256  # files decoded before the next are read: bounds the memory, and the wait after Ctrl-C
GIVE_SIZE = (
    "give the side of the squares in pixels: `--set data.size=64` for `course run`, `--size 64` for "
    '`course pretrain`, overrides = {"data.size": 64} in a notebook, size=64 in load_data'
)
LAYOUT = "one folder per class, e.g. train/hotdog/1.jpg, train/other/2.jpg"


@dataclass(frozen=True)
class ReadImages:
    """What was read, and which files were not.

    Attributes:
        parts: uint8 images ``[N, 3, H, W]`` and int64 labels ``[N]``, by part: "train" and "test",
            with "val" where there are all three; or "all" where they are not told apart.
        files: the name of each image's file, relative to the folder or zip, by part.
        classes: names of the class folders, sorted.
        skipped: pictures that were left out: damaged, or of a kind that is not read (.heic).
    """

    parts: dict[str, tuple[np.ndarray, np.ndarray]]
    files: dict[str, np.ndarray]
    classes: tuple[str, ...]
    skipped: tuple[str, ...]


def read_images(path: str | Path, size: int | None = None, max_damaged: int = 20) -> ReadImages:
    """Images in ``<part>/<class>/`` or ``<class>/``, from a folder or a zip (read, never unpacked).

    Parts are called train (training), val (valid, validation) and test (testing); where there is val
    and no test, val serves as the test set. Grey images become RGB, transparent ones lie on white,
    photographs stand upright (EXIF), and of a moving picture the first frame counts. Decoded images
    are kept in the cache folder until a file changes.

    Args:
        path: the folder or zip; folders around the data set may come first (``cifar10/train/...``).
        size: side in pixels: the short side is resized to it, then the centre cut out. Without it
            all images must have one size.
        max_damaged: more unreadable files than that are an error.

    Raises:
        DataError: if there is nothing to read, a class has no images, there is one class only,
            ``size`` is not given and the images are of mixed sizes or fill the memory, a file cannot
            be read or is too large, or too many files are damaged.
    """
    if size is not None:
        size = whole_number(size, least=1, what="this is no size.", expected="a whole number of pixels")
    path = Path(path).expanduser()
    if not path.exists():
        raise DataError(
            f"no data at {path}.",
            expected="a folder or zip of images, or auto, cartoons, cifar10, hotdog",
            found=f"nothing at {path.resolve()}",
            do="correct the path; `course fetch cifar10` brings CIFAR-10",
        )
    source = _Folder(path) if path.is_dir() else _Zip(path)
    key = f"{path.name} {source.stamp()} {size} {READER_VERSION}"
    arrays = stored_arrays(key, lambda: _decode_all(source, size))
    damaged = tuple(arrays["damaged"].tolist())
    if len(damaged) > max_damaged:
        raise DataError(
            f"too many damaged images in {path}.",
            expected=f"{max_damaged} at most",
            found=f"{len(damaged)}: {_some(damaged)}",
            do="copy or download the data again, or remove these files",
        )
    parts = [name.removesuffix("_labels") for name in arrays if name.endswith("_labels")]
    return ReadImages(
        parts={part: (arrays[f"{part}_images"], arrays[f"{part}_labels"]) for part in parts},
        files={part: arrays[f"{part}_files"] for part in parts},
        classes=tuple(arrays["classes"].tolist()),
        skipped=damaged + tuple(arrays["foreign"].tolist()),
    )


def whole_number(value: SupportsIndex, least: int, what: str, expected: str) -> int:
    """An int, also from NumPy's and PyTorch's whole numbers, but not from True.

    Raises:
        DataError: ``what`` was wrong and was ``expected``, if it is none, or less than ``least``.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = least - 1
    if isinstance(value, bool) or number < least:
        raise DataError(what, expected=expected, found=repr(value))
    return number


class _Folder:
    """The files of a folder. Names are relative to it; those of folders end in a slash."""

    def __init__(self, path: Path):
        self.path = path

    @cached_property
    def names(self) -> list[str]:
        found = []
        for folder, subfolders, files in os.walk(self.path, onerror=_refuse, followlinks=True):
            subfolders[:] = [name for name in subfolders if not _leads_up(folder, name)]
            here = Path(folder).relative_to(self.path)
            found += [(here / name).as_posix() for name in files]
            found += [(here / name).as_posix() + "/" for name in subfolders]
        return sorted(found)

    def stamp(self) -> str:
        """A key that changes when anything in the folder does."""
        status = [(name, _status(self.path / name)) for name in self.names]
        listing = [(name, s.st_size, s.st_mtime_ns) for name, s in status]
        return f"{self.path.resolve()} {hashlib.sha256(repr(listing).encode()).hexdigest()}"

    def read(self, name: str) -> bytes:
        with open(f"{self.path}/{name}", "rb") as file:
            return file.read()


def _leads_up(folder: str, name: str) -> bool:
    """Whether a folder is a link to one that it lies in: its files would come again and again."""
    target, here = os.path.realpath(os.path.join(folder, name)), os.path.realpath(folder)
    try:
        return os.path.commonpath([target, here]) == target
    except ValueError:  # another drive of Windows
        return False


def _status(path: Path) -> os.stat_result:
    """Of what a link leads to, or of the link itself where it leads nowhere."""
    return path.stat() if path.exists() else path.lstat()


class _Zip:
    """The files of a zip, with the same interface."""

    def __init__(self, path: Path):
        self.path = path

    @cached_property
    def archive(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except zipfile.BadZipFile as error:
            raise unreadable_archive(self.path) from error

    @property
    def names(self) -> list[str]:
        return self.archive.namelist()

    def stamp(self) -> str:
        return file_stamp(self.path)

    def read(self, name: str) -> bytes:
        try:
            return self.archive.read(name)
        except RuntimeError as problem:  # encrypted; or, as NotImplementedError, compressed by Deflate64
            raise DataError(
                f"{self.path} cannot be read without unpacking it.",
                expected="a zip without a password, compressed in the common way",
                found=str(problem),
                do="unpack it to a folder, and give that",
            ) from None


@dataclass(frozen=True)
class _Entry:
    """A file, and the part and class of its folders."""

    part: str
    label: str
    file: str


@dataclass(frozen=True)
class _Layout:
    """The images of a data set, sorted by part; its classes, with those of empty folders; other files."""

    entries: list[_Entry]
    classes: tuple[str, ...]
    others: list[_Entry]

    @cached_property
    def parts(self) -> set[str]:
        return {entry.part for entry in self.entries}


def _layout(names: list[str], where: str) -> _Layout:
    """What lies where, by the folders of the files.

    Raises:
        DataError: if there are no images, or not where :func:`read_images` expects them.
    """
    places = _places(names)
    files = [name for name in places if _is_image(name)]
    if not files:
        raise DataError(
            f"no images found in {where}.",
            expected=f"{LAYOUT} ({', '.join(SUFFIXES)})",
            found=_some(places),
            do="name the folder that holds train/, or the folders of the classes",
        )
    in_parts = any(places[file][0].lower() in PARTS for file in files)
    if not in_parts:
        _refuse_hidden_parts([places[file] for file in files], where)
    places = {name: _with_part(place, in_parts) for name, place in places.items()}
    places = {name: place for name, place in places.items() if place}
    files = [file for file in files if file in places]
    loose = [file for file in files if len(places[file]) == 2]
    if loose:
        raise DataError(
            f"images outside of any class folder in {where}.",
            expected=LAYOUT,
            found=f"{len(loose)} such images: {_some(loose)}",
            do="move them into class folders; "
            "train, val and test are names of parts: rename a class that is called so",
        )
    serves_as = _use_of_parts({places[file][0] for file in files}, where)
    in_classes = {name: place for name, place in places.items() if len(place) + name.endswith("/") > 2}
    entries = [
        _Entry(serves_as[place[0]], place[1], name)
        for name, place in in_classes.items()
        if place[0] in serves_as and not name.endswith("/")
    ]
    images = [entry for entry in entries if _is_image(entry.file)]
    return _Layout(
        entries=sorted(images, key=lambda entry: entry.part),
        classes=tuple(sorted({place[1] for place in in_classes.values()})),
        others=[entry for entry in entries if not _is_image(entry.file)],
    )


def _refuse_hidden_parts(files: list[tuple[str, ...]], where: str) -> None:
    """Parts of another name (``seg_train/cat/1.jpg``), or inside of the classes, would become classes."""
    below: dict[str, set[str]] = {}
    for top, *steps in files:
        below.setdefault(top, set()).update(steps[:-1])
    parts = [top for top in below if PARTS.keys() & re.split(r"[\W_]+", top.lower())]
    if len(parts) > 1 and set.intersection(*(below[part] for part in parts)):
        do = "call them train and test, with the folders of the classes right inside"
    elif all(PARTS.keys() & {name.lower() for name in folders} for folders in below.values()):
        parts, do = sorted(below), "put the parts outside: train/<class>/..., test/<class>/..."
    else:
        return
    raise DataError(
        f"parts and classes cannot be told apart in {where}.", expected=LAYOUT, found=_some(parts), do=do
    )


def _places(names: list[str]) -> dict[str, tuple[str, ...]]:
    """The steps of each name inside the data set: without the folders that hold all of it."""
    places = {name: steps_of(name) for name in names if steps_of(name)}
    images = [place for name, place in places.items() if _is_image(name)]
    around = _folders_around(images)
    depth = len(around)
    return {
        name: place[depth:]
        for name, place in places.items()
        if len(place) > depth and place[:depth] == around
    }


def steps_of(name: str) -> tuple[str, ...]:
    """``a/1.png`` -> ``("a", "1.png")``; nothing for hidden files, ``__MACOSX`` and ways out of a zip."""
    path = name.replace("\\", "/")
    steps = tuple(step for step in path.split("/") if step not in ("", "."))
    if path.startswith("/") or any(step.startswith((".", "__MACOSX")) for step in steps):
        return ()
    return steps


def _is_image(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _folders_around(images: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The folders that hold the whole data set, such as the first in ``cifar10/train/cat/1.png``."""
    around = []
    steps_of_all = zip(*(image[:-2] for image in images))
    for steps in steps_of_all:
        if len(set(steps)) > 1 or steps[0].lower() in PARTS:
            break
        around.append(steps[0])
    return tuple(around)


def _with_part(place: tuple[str, ...], in_parts: bool) -> tuple[str, ...]:
    """(part, class, ..., file) in composed letters; nothing for what is outside of the parts.

    A Mac may write the same é in one code point or in two.
    """
    place = tuple(unicodedata.normalize("NFC", step) for step in place)
    if not in_parts:
        return ("train", *place)
    part = PARTS.get(place[0].lower())
    return (part, *place[1:]) if part else ()


def _use_of_parts(parts: set[str], where: str) -> dict[str, str]:
    """Val serves as the test set where there is no other; train alone holds all."""
    if parts == {"train"}:
        return {"train": "all"}
    if parts == {"train", "val"}:
        return {"train": "train", "val": "test"}
    if "train" in parts:
        return {part: part for part in parts}
    found = ", ".join(sorted(parts))
    raise DataError(
        f"no training images in {where}.",
        expected=LAYOUT,
        found=f"only {found}",
        do="call the folder of the training images train",
    )


def _decode_all(source: _Folder | _Zip, size: int | None) -> dict[str, np.ndarray]:
    """The arrays to keep: images, labels and files of each part; the classes; what was left out."""
    where = str(source.path)
    layout = _layout(source.names, where)
    entries, classes = layout.entries, layout.classes
    _check_classes(entries, layout, where)
    images = np.empty(0, np.uint8)  # until the first whole picture tells the size
    kept: list[_Entry] = []
    damaged: list[str] = []
    decoded = _decoded(source.read, [entry.file for entry in entries], size)
    label = f"reading {source.path.name}"
    bar = tqdm(decoded, label, len(entries), unit=" images", delay=1, mininterval=0.5, leave=False)
    for entry, pixels in zip(entries, bar, strict=True):
        if pixels is None:
            damaged.append(entry.file)
            continue
        if not kept:
            if not size:
                _require_memory(len(entries), pixels, where)
            images = np.empty((len(entries), *pixels.shape), np.uint8)
        if pixels.shape != images.shape[1:]:
            raise _mixed_sizes(where, {kept[0].file: images[0], entry.file: pixels})
        images[len(kept)] = pixels
        kept.append(entry)
    _check_classes(kept, layout, where, damaged)
    foreign = [entry.file for entry in layout.others if entry.file.lower().endswith(FOREIGN)]
    arrays = {
        "classes": np.array(classes),
        "damaged": np.array(damaged, dtype=str),
        "foreign": np.array(foreign, dtype=str),
    }
    for part in layout.parts:
        places = [i for i, entry in enumerate(kept) if entry.part == part]
        labels = [classes.index(kept[i].label) for i in places]
        arrays[f"{part}_images"] = images[places[0] : places[-1] + 1]
        arrays[f"{part}_labels"] = np.array(labels, dtype=np.int64)
        arrays[f"{part}_files"] = np.array([kept[i].file for i in places])
    return arrays


def _check_classes(entries: list[_Entry], layout: _Layout, where: str, damaged: Sequence[str] = ()) -> None:
    """At least two classes, each with images in each part."""
    classes = layout.classes
    if len(classes) < 2:
        found = f"only {', '.join(classes)}"
        raise DataError(
            f"a single class in {where}.", expected=LAYOUT, found=found, do="add a folder of another class"
        )
    present = {(entry.part, entry.label) for entry in entries}
    for part in sorted(layout.parts):
        missing = [label for label in classes if (part, label) not in present]
        if missing:
            others = _endings(e.file for e in layout.others if e.part == part and e.label in missing)
            broken = f"; {len(damaged)} files are damaged: {_some(damaged)}" if damaged else ""
            raise DataError(
                f"a class with no images in {where}.",
                expected="images of each class" + ("" if part == "all" else f" in {part}"),
                found=f"none of {_some(missing)}{others}{broken}",
                do=f"add images ({', '.join(SUFFIXES)}), or remove the class everywhere",
            )


def _endings(files: Iterable[str]) -> str:
    """``; files of other kinds: 12 .heic, 1 .txt``, or nothing."""
    counts = Counter(os.path.splitext(file)[1].lower() or "without an ending" for file in files)
    kinds = _some(f"{count} {suffix}" for suffix, count in counts.most_common())
    return f"; files of other kinds: {kinds}" if counts else ""


def _require_memory(n: int, pixels: np.ndarray, where: str) -> None:
    """Raises: DataError: if ``n`` images like this one are too much to keep."""
    if n * pixels.nbytes <= MOST_BYTES:
        return
    _, height, width = pixels.shape
    raise DataError(
        f"the images in {where} are too large to be kept at their own size.",
        expected=f"{MOST_BYTES / 1e9:g} GB at most, or the size of the squares to cut from them",
        found=f"{n * pixels.nbytes / 1e9:,.1f} GB: {n:,} images of {width}x{height} pixels",
        do=GIVE_SIZE,
    )


def _mixed_sizes(where: str, examples: dict[str, np.ndarray]) -> DataError:
    sizes = [f"{pixels.shape[2]}x{pixels.shape[1]} ({file})" for file, pixels in examples.items()]
    return DataError(
        f"images of different sizes in {where}.",
        expected="one size, or the size of the squares to cut from them",
        found=", ".join(sizes),
        do=GIVE_SIZE,
    )


def _some(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "") or "nothing"


def _decoded(read: Callable[[str], bytes], files: list[str], size: int | None) -> Iterator[np.ndarray | None]:
    """The pixels of each file in turn, None for a damaged one.

    Threads pay for photographs; tiny images, which need no ``size``, would only wait for each other.
    """
    decode = partial(_decode, read, size)
    if not size:
        yield from map(decode, files)
        return
    with ThreadPoolExecutor() as pool:
        for start in range(0, len(files), CHUNK):
            yield from pool.map(decode, files[start : start + CHUNK])


def _decode(read: Callable[[str], bytes], size: int | None, file: str) -> np.ndarray | None:
    """uint8 ``[3, H, W]``, or None: decoders raise all kinds of errors on a damaged file.

    Raises:
        DataError: if it cannot be read for now, or has too many pixels; nothing is stored then.
    """
    content = _content(read, file)
    if content is None:
        return None
    try:
        return decode(content, size)
    except MemoryError:
        raise
    except Image.DecompressionBombError as problem:
        raise too_many_pixels(file, problem) from None
    except Exception:
        return None


def too_many_pixels(file: str, problem: Image.DecompressionBombError) -> DataError:
    """What is told of a picture that Pillow refuses for its size."""
    found, _, _ = str(problem).partition(",")  # Pillow goes on about an attack
    do = "save it with fewer pixels, or take it away"
    return DataError(f"{file} is too large a picture.", found=found, do=do)


def _content(read: Callable[[str], bytes], file: str) -> bytes | None:
    """The bytes of a file, or None for a broken link or a damaged member of a zip.

    Raises:
        DataError: if the system refuses or fails to read it, as on a network drive that is gone.
    """
    try:
        return read(file)
    except (MemoryError, DataError):
        raise
    except OSError as problem:
        if problem.errno in (errno.ENOENT, None):  # decompressors raise it without a number
            return None
        raise _unreadable(file, problem) from None
    except Exception:
        return None


def _refuse(problem: OSError) -> None:
    """A folder that cannot be listed, unless it has just been taken away."""
    if problem.errno != errno.ENOENT:
        raise _unreadable(problem.filename, problem) from None


def _unreadable(file: str, problem: OSError) -> DataError:
    do = "see that its disk or network drive is there, and try again"
    if isinstance(problem, PermissionError):
        do = "give yourself the right to read it, or take it away"
    return DataError(f"{file} cannot be read.", found=problem.strerror, do=do)


def decode(content: bytes, size: int | None = None) -> np.ndarray:
    """The picture in a file's bytes as uint8 ``[3, H, W]``: upright, in colour, without transparency.

    Args:
        size: pixels; the largest square in the middle is resized to it.

    Raises:
        Exception: of any kind if the bytes are no whole picture: each decoder has its own.
    """
    opened = Image.open(io.BytesIO(content))
    ImageOps.exif_transpose(opened, in_place=True)
    image = _rgb(opened)
    if size:
        image = ImageOps.fit(image, (size, size))
    return np.asarray(image).transpose(2, 0, 1)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode == "F":  # a TIFF of fractions, 0 to 1 or otherwise: convert() would make them black
        raise ValueError("no white is given for pixels of floating point")
    if image.mode.startswith("I"):  # 16 bits a pixel, which convert() would clip at 255
        pixels = np.asarray(image)
        if (image.mode, image.format) == ("I", "TIFF") or pixels.min() < 0 or pixels.max() > 0xFFFF:
            raise ValueError("no white is given for pixels of 32 bits")
        image = Image.fromarray((pixels >> 8).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image if image.mode == "RGB" else image.convert("RGB")
