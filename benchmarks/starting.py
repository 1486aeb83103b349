"""First use: decoding image files, importing, and the time until a first batch is trained."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import Arm
from PIL import Image
from torchvision import transforms
from torchvision.datasets import ImageFolder

from course_utils.data.images import ImageSet
from course_utils.data.loading import load_data
from course_utils.environ import environment

TORCH = "import torch, torchvision"
OURS = f"{TORCH}; import course_utils"
TUTORIAL_BATCH = """
import sys, torch, tutorial
from torchvision.datasets import ImageFolder
from torchvision.models import resnet18
from torchvision import transforms
from torch.utils.data import DataLoader
steps = transforms.Compose([transforms.ToTensor(), transforms.Normalize(tutorial.MEAN, tutorial.STD)])
batch = next(iter(DataLoader(ImageFolder(sys.argv[1] + "/train", steps), 64, shuffle=True)))
model = resnet18(num_classes=10)
tutorial.train_epoch(model, [batch], torch.optim.Adam(model.parameters()), "cpu")
"""
OUR_BATCH = """
import sys, torch
from networks import PREPROCESS
from course_utils.data.loading import load_data
from course_utils.models.building import build_model
from course_utils.training.loop import Stepper, train_epoch
from course_utils.training.recipe import Phase, Recipe
images = load_data(sys.argv[1]).train.subset(range(64))
model, recipe = build_model("resnet18"), Recipe((Phase(1, 1e-3),))
train_epoch(model, images, recipe, PREPROCESS, Stepper(model, recipe.phases[0], recipe), torch.Generator())
"""


def write_pictures(images: ImageSet, folder: Path) -> Path:
    """PNG files in ``train/<class>/`` and ``test/<class>/``, every sixth of them for testing."""
    for i, (pixels, label) in enumerate(zip(images.images, images.labels.tolist())):
        part = "test" if i % 6 == 5 else "train"
        place = folder / part / images.classes[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.permute(1, 2, 0).numpy()).save(place / f"{i:05}.png")
    os.sync()  # lest the first path that writes to disk waits for these
    return folder


def decode_arms(folder: Path, images: int) -> list[Arm]:
    """Every picture of a folder once: what the tutorial loop does in every epoch, and we do once."""

    def theirs() -> None:
        for part in ("train", "test"):
            for _ in ImageFolder(folder / part, transforms.ToTensor()):
                pass

    def first_use() -> None:
        with tempfile.TemporaryDirectory() as cache, environment(COURSE_DATA=cache):
            load_data(folder)

    warm = tempfile.TemporaryDirectory()

    def later_use(keep=warm) -> None:
        with environment(COURSE_DATA=keep.name):
            load_data(folder).train.images.sum()

    return [
        Arm("tutorial: each epoch", theirs, images),
        Arm("ours, first use", first_use, images),
        Arm("ours, from then on", later_use, images, warm_up=later_use),
    ]


def import_arms() -> list[Arm]:
    return [Arm("torch and torchvision", _python(TORCH)), Arm("and course_utils", _python(OURS), goal=0.8)]


def first_batch_arms(folder: Path) -> list[Arm]:
    """From the start of Python to the first trained batch of 64, with the pictures decoded before."""
    cache = tempfile.TemporaryDirectory()
    ours = _python(OUR_BATCH, folder, cache)
    return [Arm("tutorial loop", _python(TUTORIAL_BATCH, folder)), Arm("ours", ours, warm_up=ours, goal=0.8)]


def _python(code: str, folder: Path | str = "", cache: tempfile.TemporaryDirectory | None = None):
    def run() -> None:
        here = str(Path(__file__).parent)
        paths = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
        variables = {**os.environ, "PYTHONPATH": paths}
        if cache:
            variables["COURSE_DATA"] = cache.name
        subprocess.run([sys.executable, "-c", code, str(folder)], env=variables, check=True)

    return run
