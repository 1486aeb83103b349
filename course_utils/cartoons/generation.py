"""Ten drawn classes with CIFAR-10's names: a data set that needs no download."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from subprocess import PIPE, Popen

import numpy as np
from PIL import Image
from tqdm import tqdm

from course_utils.cartoons.airplanes import AIRPLANE_KINDS
from course_utils.cartoons.birds import BIRD_KINDS
from course_utils.cartoons.colors import chance, pick
from course_utils.cartoons.compose import add_object, develop
from course_utils.cartoons.frogs import FROG_KINDS
from course_utils.cartoons.hoofed import DEER_KINDS, HORSE_KINDS
from course_utils.cartoons.pets import CAT_KINDS, DOG_KINDS
from course_utils.cartoons.scenes import SCENES, Scene, paint_scene
from course_utils.cartoons.ships import SHIP_KINDS
from course_utils.cartoons.vehicles import AUTOMOBILE_KINDS, TRUCK_KINDS
from course_utils.errors import DataError
from course_utils.storage import stored_arrays

# Part of the cache key: raise it with every change that moves a pixel.
VERSION = 1
SIZE = 32
USUAL = 0.5  # how often the scene is one that is usual for the class
TRAIN_SEED, TEST_SEED = 1, 2
PHOTOS = (1,)  # appended to the seeds of photographs, which thereby differ from the pictures
FEW = 300  # so many are drawn sooner than other processes start
# Pictures are painted at least so many pixels wide, then reduced.
CANVAS = 96
PICTURE = 3 * SIZE * SIZE  # bytes

KINDS = {
    "airplane": AIRPLANE_KINDS,
    "automobile": AUTOMOBILE_KINDS,
    "bird": BIRD_KINDS,
    "cat": CAT_KINDS,
    "deer": DEER_KINDS,
    "dog": DOG_KINDS,
    "frog": FROG_KINDS,
    "horse": HORSE_KINDS,
    "ship": SHIP_KINDS,
    "truck": TRUCK_KINDS,
}
CLASSES = tuple(KINDS)
_PETS = ("room", "room", "meadow", "yard")
_HOOFED = ("meadow", "forest", "snow", "yard")
_ROAD = ("street", "street", "yard")
# The hard pairs of CIFAR-10 share their scenes, so that the background cannot tell them apart.
USUAL_SCENES = {
    "airplane": ("open sky", "open sky", "runway"),
    "automobile": _ROAD,
    "bird": ("open sky", "leaves", "pond"),
    "cat": _PETS,
    "deer": _HOOFED,
    "dog": _PETS,
    "frog": ("pond", "leaves", "forest"),
    "horse": _HOOFED,
    "ship": ("sea",),
    "truck": _ROAD,
}


def draw(class_name: str, seed: int | Sequence[int], size: int = SIZE) -> np.ndarray:
    """One picture, uint8 ``[size, size, 3]``; the same seed draws the same picture.

    Kind, pose, colours, scene, place, light, blur and noise all come from the seed.

    Raises:
        DataError: if ``class_name`` is not one of the ten.
    """
    rng, object_rng, camera_rng = _streams(class_name, seed)
    scene = _scene(class_name, rng, size)
    sketch = pick(object_rng, KINDS[class_name])(object_rng)
    picture = add_object(scene, sketch, object_rng)
    return _finish(scene, picture, camera_rng, size)


def background(class_name: str, seed: int | Sequence[int], size: int = SIZE) -> np.ndarray:
    """What :func:`draw` draws for this class and seed, without the object and its shadow."""
    rng, _, camera_rng = _streams(class_name, seed)
    scene = _scene(class_name, rng, size)
    return _finish(scene, scene.image, camera_rng, size)


def _streams(class_name: str, seed: int | Sequence[int]) -> list[np.random.Generator]:
    if class_name not in KINDS:
        known = ", ".join(CLASSES)
        raise DataError("no such class of drawn cartoons", expected=known, found=class_name)
    return [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3)]


def _scene(class_name: str, rng: np.random.Generator, size: int) -> Scene:
    usual = chance(rng, USUAL)
    name = pick(rng, USUAL_SCENES[class_name] if usual else tuple(SCENES))
    return paint_scene(name, rng, size * max(2, CANVAS // size))


def _finish(scene: Scene, picture: Image.Image, rng: np.random.Generator, size: int) -> np.ndarray:
    scene.front.paint_flat(picture)
    return develop(picture, rng, size)


def generate(n: int, seed: int, without_object: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The first ``n`` pictures of an endless balanced sequence.

    Every ten pictures in a row hold each class once, in random order.

    Args:
        seed: names the sequence; different seeds share no picture.
        without_object: draw the backgrounds alone.

    Returns:
        Images uint8 ``[n, 3, 32, 32]`` and labels int64 ``[n]``.
    """
    labels = _labels(n, seed)
    workers = min(os.cpu_count() or 1, n // (FEW // 2))
    if workers < 2:
        return _draw_range(labels, seed, 0, n, without_object), labels
    return _draw_in_processes(labels, seed, workers, without_object), labels


def load(
    train: int = 5000, test: int = 1000, without_object: bool = False
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Images and labels as :func:`generate` returns them, for "train" and "test"; then cached.

    Fewer pictures are the first of more: those who ask for a few hundred wait for a few hundred.
    """

    def make() -> dict[str, np.ndarray]:
        arrays: dict[str, np.ndarray] = {}
        for part, n, seed in (("train", train, TRAIN_SEED), ("test", test, TEST_SEED)):
            images, labels = generate(n, seed, without_object)
            arrays |= {f"{part}_images": images, f"{part}_labels": labels}
        return arrays

    what = "backgrounds" if without_object else "cartoons"
    arrays = stored_arrays(f"{what} v{VERSION} {train} {test}", make)
    parts = ("train", "test")
    return {part: (arrays[f"{part}_images"], arrays[f"{part}_labels"]) for part in parts}


def write_photos(
    folder: str | Path, classes: Sequence[str] = ("cat", "dog"), per_class: int = 40, seed: int = 0
) -> Path:
    """Write ``<train|test>/<class>/<number>.jpg``, of mixed sizes (80 to 160 pixels) and shapes.

    Args:
        per_class: pictures of each class in train; test gets half as many.

    Returns:
        ``folder``.
    """
    rng = np.random.default_rng(seed)
    parts = (("train", TRAIN_SEED, per_class), ("test", TEST_SEED, per_class // 2))
    for part, stream, count in parts:
        for name in classes:
            target = Path(folder) / part / name
            target.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                pixels = draw(name, [seed, stream, number, *PHOTOS], int(rng.integers(100, 161)))
                photo = _crop(Image.fromarray(pixels), rng)
                photo.save(target / f"{number:03d}.jpg", quality=90)
    return Path(folder)


def _crop(photo: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Cut off up to a fifth of the width or of the height."""
    width, height = photo.size
    kept = rng.uniform(0.8, 1.0)
    if chance(rng, 0.5):
        left = int((1 - kept) * width / 2)
        return photo.crop((left, 0, width - left, height))
    top = int((1 - kept) * height / 2)
    return photo.crop((0, top, width, height - top))


def _labels(n: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    blocks = [rng.permutation(len(CLASSES)) for _ in range(-(-n // len(CLASSES)))]
    return np.concatenate([np.zeros(0, int), *blocks])[:n].astype(np.int64)


def _draw_range(labels: np.ndarray, seed: int, first: int, last: int, without_object: bool) -> np.ndarray:
    """Pictures ``first`` to ``last`` of the sequence, uint8 ``[last - first, 3, 32, 32]``."""
    images = np.empty((last - first, 3, SIZE, SIZE), np.uint8)
    for i in _progress(range(first, last), last - first):
        images[i - first] = _picture(labels, seed, i, without_object)
    return images


def _picture(labels: np.ndarray, seed: int, i: int, without_object: bool) -> np.ndarray:
    """Picture ``i`` of the sequence, uint8 ``[3, 32, 32]``."""
    paint = background if without_object else draw
    return paint(CLASSES[labels[i]], [seed, i]).transpose(2, 0, 1)


def _draw_in_processes(labels: np.ndarray, seed: int, workers: int, without_object: bool) -> np.ndarray:
    """Share the work among fresh interpreters.

    Unlike the processes of ``multiprocessing`` they do not import the caller's script, which
    therefore needs no ``if __name__ == "__main__"``.
    """
    bounds = np.linspace(0, len(labels), workers + 1).astype(int).tolist()
    command = [sys.executable, "-m", "course_utils.cartoons.generation", str(seed), str(int(without_object))]
    root = Path(__file__).resolve().parents[2]
    ranges = [(str(a), str(b)) for a, b in pairwise(bounds)]
    processes = [Popen([*command, *ends], stdout=PIPE, cwd=root) for ends in ranges]
    with _progress(None, len(labels)) as bar, ThreadPoolExecutor(workers) as pool:
        try:
            pictures = b"".join(pool.map(lambda process: _received(process, bar), processes))
        except BaseException:  # an interrupt: the pool would wait for the last picture
            for process in processes:
                process.kill()
            raise
    if any(process.returncode for process in processes):
        return _draw_range(labels, seed, 0, len(labels), without_object)
    return np.frombuffer(pictures, np.uint8).reshape(-1, 3, SIZE, SIZE)


def _received(process: Popen, bar: tqdm) -> bytes:
    """The bytes of all pictures that a process draws; the bar moves with each."""
    pictures = []
    with process:
        assert process.stdout is not None  # it was started with a pipe
        while picture := process.stdout.read(PICTURE):
            pictures.append(picture)
            bar.update()
    return b"".join(pictures)


def _progress(pictures: Iterable[int] | None, total: int) -> tqdm:
    """A progress bar, shown after a second."""
    return tqdm(pictures, "drawing cartoons", total, unit=" pictures", delay=1, mininterval=0.5, leave=False)


def _worker(seed: int, without_object: int, first: int, last: int) -> None:
    """Write the bytes of pictures ``first`` to ``last`` to standard output."""
    labels = _labels(last, seed)
    for i in range(first, last):
        sys.stdout.buffer.write(_picture(labels, seed, i, bool(without_object)).tobytes())
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _worker(*map(int, sys.argv[1:]))
