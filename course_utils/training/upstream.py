"""How a network is trained upstream, and what is reported of it: settings, report, model card."""

from __future__ import annotations

import platform
import textwrap
import unicodedata
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
import torchvision

from course_utils import __version__
from course_utils.data.folders import steps_of
from course_utils.data.images import Splits
from course_utils.errors import DataError
from course_utils.machine import describe_machine
from course_utils.models.weights import IMAGENET_MEAN, IMAGENET_STD, Weights
from course_utils.training.recipe import Phase, Recipe

# (fraction of training from which they hold, input sizes in pixels). At 32 px the outer taps of
# layer4's kernels meet only zeros and get no gradient; ResNet learns them first, at 40 px and more.
RESNET_SIZES = ((0.0, (40, 48)), (0.5, (40, 48, 64)), (0.75, (32, 40, 48, 64)))
ALEXNET_SIZES = ((0.0, (64,)),)  # AlexNet's last pool has nothing left below 63 px
CLASSES = "classes.txt"  # beside images: names of the folders
OPTIMIZER_NAMES = {"sgd": "SGD with Nesterov momentum 0.9", "adamw": "AdamW"}


@dataclass(frozen=True)
class Upstream:
    """How a network is trained upstream.

    Args:
        lr: the peak of the one-cycle learning rate.
        windows: share of each batch that is cut out without resampling, as sharp as small images are.
        sizes: input sizes in pixels, by fraction of training.
    """

    epochs: int
    lr: float
    optimizer: str = "sgd"
    weight_decay: float = 2e-4
    batch_size: int = 256
    label_smoothing: float = 0.1
    windows: float = 0.5
    sizes: tuple[tuple[float, tuple[int, ...]], ...] = RESNET_SIZES

    @property
    def recipe(self) -> Recipe:
        """What it shares with a training downstream; the augmentation follows the sizes and is not in it."""
        return Recipe(
            phases=(Phase(self.epochs, self.lr),),
            batch_size=self.batch_size,
            optimizer=self.optimizer,
            weight_decay=self.weight_decay,
            label_smoothing=self.label_smoothing,
            augment=None,
        )

    def gentler(self) -> Upstream:
        """The same for weights that are good already: a quarter of the rate, and the last sizes alone."""
        return replace(self, lr=self.lr / 4, sizes=((0.0, self.sizes[-1][1]),))


# Starting points: nobody has compared them with others by what their weights are worth downstream.
SETTINGS = {
    "resnet18": Upstream(epochs=30, lr=0.2),
    "alexnet": Upstream(
        epochs=30, lr=1e-3, optimizer="adamw", weight_decay=0.02, windows=0.25, sizes=ALEXNET_SIZES
    ),
}


@dataclass
class Report:
    """What came out of training upstream; accuracies are fractions, measured on held-out images.

    Attributes:
        origin: the name of what it started from.
        file: the weights; the JSON file and the model card lie beside it.
        by_size: top-1 by input size in pixels (images resized to it).
        loss: the mean training loss of each epoch, in nats.
        seconds: of training, interruptions left out.
    """

    arch: str
    data: str
    n_train: int
    n_held_out: int
    epochs: int
    origin: str
    file: Path
    by_size: dict[int, float] = field(default_factory=dict)
    loss: list[float] = field(default_factory=list)
    seconds: float = 0.0


def model_card(
    report: Report,
    trained: int,
    settings: Upstream,
    start: Weights | None,
    terms: str,
    command: str,
) -> str:
    """The model card: data and terms, training, held-out accuracy, versions.

    Args:
        trained: how many parameters were trained.
        command: gives the same weights again.
    """
    kept = "of its features alone" if report.arch == "alexnet" else "head included"
    begins = "From scratch" if start is None else f"Starting from {start.name}"
    stages = "; ".join(
        f"{', '.join(map(str, sizes))} px from {at:.0%} of the training on" for at, sizes in settings.sizes
    )
    top1 = ", ".join(f"{value:.1%} at {size} px" for size, value in report.by_size.items())
    sections = {
        "What it is": f"The weights of {report.arch} in torchvision's names and shapes ({kept}), "
        f"stored as float16 safetensors ({report.file.stat().st_size / 1e6:.1f} MB). The upstream "
        "classes, in the order of the outputs, stand in the JSON file beside it.",
        "Data and terms": f"{report.data}: {report.n_train:,} training images. Terms: {terms}.",
        "Training": f"{begins}, {report.epochs} epochs, {trained:,} parameters; the last epoch is "
        f"kept. Input sizes: {stages}. {settings.windows:.0%} of the crops are not resampled, the "
        "others are of random area and shape; images are mirrored and vary in brightness and "
        f"contrast. {OPTIMIZER_NAMES[settings.optimizer]}, one-cycle rate with peak "
        f"{settings.lr:g}, batch size {settings.batch_size}, weight decay "
        f"{settings.weight_decay:g} (not on norms and biases), label smoothing "
        f"{settings.label_smoothing:g}. Normalisation: torchvision's ImageNet mean and deviation. "
        f"{report.seconds / 60:.0f} minutes on {describe_machine()}.",
        "Command": f"`{command}`",
        "Accuracy": f"Top-1 on {report.n_held_out:,} held-out images, by input size: {top1}.",
        "Versions": f"course-utils {__version__}, torch {torch.__version__}, torchvision "
        f"{torchvision.__version__}, Python {platform.python_version()}.",
        "Limits": f"Knows the classes of {report.data} only. Trained at no more than "
        f"{max(report.by_size)} px. Not for any use outside of teaching.",
    }
    paragraphs = [
        textwrap.fill(f"**{title}.** {text}", 110, break_on_hyphens=False) for title, text in sections.items()
    ]
    return "\n\n".join([f"# Model card: {report.arch}, {report.data}", *paragraphs]) + "\n"


def class_names(images: Splits | str | Path) -> dict[str, str]:
    """Class names by folder, from a :data:`CLASSES` (folder, tab, name) in the folder or zip, if any.

    Raises:
        DataError: if it is no UTF-8.
    """
    if isinstance(images, Splits):
        return {}
    path = Path(images).expanduser()
    if not path.exists():  # "hotdog" and the like
        return {}
    if path.is_dir():
        found = (f for f in sorted(path.rglob(CLASSES)) if steps_of(f.relative_to(path).as_posix()))
        content = next((file.read_bytes() for file in found), b"")
    else:
        with zipfile.ZipFile(path) as archive:
            members = [n for n in archive.namelist() if steps_of(n)[-1:] == (CLASSES,)]
            content = archive.read(members[0]) if members else b""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        do = "save it as UTF-8, or take it away"
        raise DataError(f"the classes.txt of {path} is no UTF-8.", found=str(problem), do=do) from None
    pairs = (line.split("\t", 1) for line in text.splitlines() if "\t" in line)
    return {unicodedata.normalize("NFC", folder): names.split(",")[0].strip() for folder, names in pairs}


def sidecar(report: Report, folders: tuple[str, ...], names: dict[str, str], start: Weights | None) -> dict:
    """The JSON file beside the weights, see :func:`course_utils.models.weights.from_file`."""
    sizes = sorted(report.by_size)
    seen_before = start.upstream.get("seen", 0) if start else 0
    return {
        "name": f"{report.data} (small)",
        "arch": report.arch,
        "mean": IMAGENET_MEAN,
        "std": IMAGENET_STD,
        "upstream": {
            "images": report.n_train,
            "seen": seen_before + report.n_train * report.epochs,
            "pixels": str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}",
            "top1": round(max(report.by_size.values()), 4),
        },
        "wordnet_ids": folders if names else (),
        "classes": [names.get(folder, folder) for folder in folders],
    }
