"""Upstream training: small weights in torchvision's names from an image folder, with a card."""

from __future__ import annotations

import contextlib
import json
import math
import platform
import textwrap
import time
import zipfile
from collections import OrderedDict
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import safetensors.torch
import torch
import torch.nn.functional as F
import torchvision
from torch import Tensor, nn
from tqdm import tqdm

from course_utils import __version__
from course_utils.alexnet import fill_after_he
from course_utils.augment import Augment, Preprocess, cut_windows, send
from course_utils.checkpoint import load_checkpoint, save_checkpoint
from course_utils.data import ImageSet, Splits, load_data
from course_utils.errors import CourseError
from course_utils.evaluate import evaluate
from course_utils.files import whole_file, write_text
from course_utils.models import build_model, count_parameters
from course_utils.precision import autocast, cpu_has_bfloat16
from course_utils.seeding import seeded
from course_utils.train import Phase, Recipe, Stepper, best_device, count_batches
from course_utils.weights import IMAGENET_MEAN, IMAGENET_STD, Weights

# (fraction of training from which they hold, input sizes in pixels). At 32 px the outer taps of
# layer4's kernels meet only zeros and get no gradient; ResNet learns them first, at 40 px and more.
RESNET_SIZES = ((0.0, (40, 48)), (0.5, (40, 48, 64)), (0.75, (32, 40, 48, 64)))
ALEXNET_SIZES = ((0.0, (64,)),)  # AlexNet's last pool has nothing left below 63 px
OPTIMIZER_NAMES = {"sgd": "SGD with Nesterov momentum 0.9", "adamw": "AdamW"}
WARM_UP = 0.2  # fraction of training in which the learning rate rises
CROP_AREA, CROP_RATIO = (0.3, 1.0), (3 / 4, 4 / 3)  # of the resampled crops
LIGHT = 0.3  # brightness and contrast change by a factor of up to 1 ± this


@dataclass(frozen=True)
class Upstream:
    """How a network is trained upstream.

    Args:
        lr: the peak of the one-cycle learning rate.
        windows: share of each batch that is cut out without resampling, as small images come.
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

    def going_on(self) -> Upstream:
        """The same for good weights: a quarter of the rate, the last sizes from the start."""
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
    """What an upstream training gave; accuracies are fractions, measured on held-out images.

    Attributes:
        by_size: top-1 by input size in pixels (images resized to it).
        loss: the mean training loss of each epoch, in nats.
        seconds: of training, all sittings together.
        file: the weights; the JSON file and the model card lie beside it.
    """

    arch: str
    data: str
    n_train: int
    n_held_out: int
    epochs: int
    by_size: dict[int, float] = field(default_factory=dict)
    loss: list[float] = field(default_factory=list)
    seconds: float = 0.0
    file: Path | None = None


def pretrain(
    images: Splits | str | Path,
    arch: str = "resnet18",
    out: str | Path = "pretrained",
    *,
    epochs: int | None = None,
    settings: Upstream | None = None,
    start: Weights | None = None,
    name: str | None = None,
    terms: str = "not stated",
    seed: int = 0,
    progress: bool = True,
) -> Report:
    """Train ``arch`` on labelled images and write its weights, their classes and a model card.

    Written to ``out``: ``<arch>_<name>.safetensors`` (float16; AlexNet: ``features.*`` alone, whole
    it would be 115 MB), ``.json`` and ``.md``. A checkpoint is written there after each epoch; the
    same call goes on from it. The same seed on the same CPU gives the same weights.

    Args:
        images: a folder or zip, of which all of ``train`` is trained on and ``test`` (or ``val``)
            held out; or splits, of which ``train`` and ``test`` are used. The last epoch's weights
            are kept, so nothing is chosen by the held-out images. At least 64x64 pixels.
        epochs: instead of ``settings.epochs``.
        settings: ``None`` takes ``SETTINGS[arch]``, after ``going_on()`` if there is a ``start``.
        start: weights to go on from; ``None`` starts from random ones.
        name: of the data, for file names and the card; ``None`` takes the name of the folder.
        terms: on which the images may be used, for the card.

    Raises:
        CourseError: for an architecture without settings, or images smaller than the largest input.
        DataError: if the images cannot be read.
        CheckpointError: if the checkpoint in ``out`` is damaged or belongs to other settings.
    """
    if arch not in SETTINGS:
        raise CourseError(f"no upstream settings for {arch!r}.", expected=", ".join(SETTINGS))
    settings = settings or (SETTINGS[arch].going_on() if start else SETTINGS[arch])
    settings = replace(settings, epochs=epochs or settings.epochs)
    splits = images if isinstance(images, Splits) else load_data(images, val=0)
    _refuse_small_images(splits.train, settings)
    name = name or splits.name
    report = Report(arch, name, len(splits.train), len(splits.test), settings.epochs)
    file = Path(out) / f"{arch}_{name}.safetensors".replace(" ", "").lower()

    device = best_device()
    model = upstream_model(arch, len(splits.classes), start, seed)
    model.to(device, memory_format=torch.channels_last)
    preprocess = Preprocess(IMAGENET_MEAN, IMAGENET_STD)
    train = splits.train.to(device)
    _train(model, train, settings, preprocess, report, file.with_suffix(".pt"), seed, progress)
    for size in sorted({size for _, sizes in settings.sizes for size in sizes}):
        report.by_size[size] = evaluate(model, splits.test, replace(preprocess, size=size)).top1

    report.file = file
    with whole_file(file) as target:
        target.write(safetensors.torch.save(shipped_state(model, arch)))
    sidecar = _sidecar(report, splits.classes, _class_names(images), start)
    write_text(file.with_suffix(".json"), json.dumps(sidecar, indent=1) + "\n")
    source = name if isinstance(images, Splits) else Path(images).name
    command = f"course pretrain --data {source} --arch {arch} --epochs {settings.epochs}"
    command += f' --name "{name}" --seed {seed}' + (" --start FILE" if start else "")
    card = model_card(report, count_parameters(model), settings, start, terms, command)
    write_text(file.with_suffix(".md"), card)
    return report


def upstream_model(arch: str, num_classes: int, start: Weights | None, seed: int) -> nn.Module:
    """The network to train; the head of ``start`` is kept if it has ``num_classes`` outputs.

    AlexNet gets one linear layer for a head, as only its features are kept, and He's
    initialisation: with torchvision's the signal fades from layer to layer, and there is no batch
    norm to restore it.
    """
    keep_head = start is not None and start.num_classes == num_classes
    model = build_model(arch, start, None if keep_head else num_classes, seed=seed)
    if arch != "alexnet":
        return model
    with seeded(seed):
        head = nn.Linear(256, num_classes)
        if start is None:
            fill_after_he(model.features)
    pool, flatten = nn.AdaptiveAvgPool2d(1), nn.Flatten()
    parts = (("features", model.features), ("pool", pool), ("flatten", flatten), ("head", head))
    return nn.Sequential(OrderedDict(parts))


def _train(
    model: nn.Module,
    images: ImageSet,
    settings: Upstream,
    preprocess: Preprocess,
    report: Report,
    checkpoint: Path,
    seed: int,
    progress: bool,
) -> None:
    """Train ``model`` in place, on from the checkpoint if there is one; fill in ``report``."""
    device = images.images.device
    recipe = Recipe(
        phases=(Phase(settings.epochs, settings.lr),),
        batch_size=settings.batch_size,
        optimizer=settings.optimizer,
        weight_decay=settings.weight_decay,
    )
    stepper = Stepper(model, recipe.phases[0], recipe)
    fingerprint = f"{report.arch} {report.data} {report.n_train} {asdict(settings)} {seed}"
    if checkpoint.exists():
        saved = load_checkpoint(checkpoint, fingerprint)
        model.load_state_dict(saved["model"])
        stepper.load_state_dict(saved["stepper"])
        report.loss, report.seconds = saved["loss"], saved["seconds"]

    batches = count_batches(len(images), settings.batch_size)
    total, done = settings.epochs * batches, len(report.loss) * batches
    bar = tqdm(total=total, initial=done, unit="batch", disable=not progress, leave=False)
    for epoch in range(len(report.loss), settings.epochs):
        started = time.perf_counter()
        generator = torch.Generator().manual_seed(seed * 100_003 + epoch)
        model.train()
        loss_sum = torch.zeros((), device=device)
        order = torch.randperm(len(images), generator=generator).to(device)
        for index in order.tensor_split(batches):
            size = pick_size(settings, done / total, generator)
            x = random_crops(images.images[index], size, settings.windows, generator)
            x = preprocess(x).contiguous(memory_format=torch.channels_last)
            with upstream_autocast(device):
                loss = F.cross_entropy(
                    model(x), images.labels[index], label_smoothing=settings.label_smoothing
                )
            stepper.step(loss, one_cycle(done / total))
            loss_sum += loss.detach().float()
            done += 1
            bar.update()
        report.loss.append(loss_sum.item() / batches)
        report.seconds += time.perf_counter() - started
        bar.set_postfix_str(f"loss {report.loss[-1]:.3f}")
        save_checkpoint(
            checkpoint,
            {
                "fingerprint": fingerprint,
                "model": model.state_dict(),
                "stepper": stepper.state_dict(),
                "loss": report.loss,
                "seconds": report.seconds,
            },
        )
    bar.close()


def one_cycle(done: float) -> float:
    """Learning-rate factor: from 0 up to 1 in a straight line, then down to 0 along a cosine."""
    if done < WARM_UP:
        return max(done, 1e-3) / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP)))


def pick_size(settings: Upstream, done: float, generator: torch.Generator) -> int:
    """A random input size among those of this fraction of training."""
    sizes = [choice for begins, choice in settings.sizes if done >= begins][-1]
    return sizes[torch.randint(len(sizes), (), generator=generator)]


def random_crops(
    images: Tensor, size: int, windows: float, generator: torch.Generator
) -> Tensor:
    """Map uint8 ``[N, 3, H, W]`` to float ``[N, 3, size, size]`` in 0..255, each image differently.

    The first ``windows`` of the batch are plain windows of the stored pixels, sharp as small images
    are; the others are crops of random area and shape, resampled. All are mirrored at random, and
    vary in light.
    """
    plain = round(windows * len(images))
    x = torch.cat([
        random_windows(images[:plain], size, generator).float(),
        random_resized_crops(images[plain:], size, generator),
    ])  # fmt: skip
    return Augment(pad=0, flip=True, jitter=LIGHT)(x, generator)


def random_windows(images: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Cut a ``size`` x ``size`` window out of each image, without resampling."""
    n, _, height, width = images.shape
    top = torch.randint(height - size + 1, (n,), generator=generator)
    left = torch.randint(width - size + 1, (n,), generator=generator)
    return cut_windows(images, top, left, size, size)


def random_resized_crops(images: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Cut a box of random area, shape and place out of each image and resample it to ``size``.

    The whole batch goes through one ``grid_sample``. Where a box may be larger than ``size``, it is
    sampled at twice the size and averaged, lest fine lines flicker (aliasing).
    """
    n, side = len(images), min(images.shape[-2:])
    area = torch.empty(n).uniform_(*CROP_AREA, generator=generator)
    log_ratio = torch.empty(n).uniform_(*(math.log(r) for r in CROP_RATIO), generator=generator)
    stretch = (log_ratio / 2).exp()
    width, height = (area.sqrt() * stretch).clamp(max=1), (area.sqrt() / stretch).clamp(max=1)
    x, y = (2 * torch.rand(2, n, generator=generator) - 1) * (1 - torch.stack([width, height]))
    zero = torch.zeros(n)
    boxes = torch.stack([width, zero, x, zero, height, y], dim=1).view(n, 2, 3)
    fine = 2 if size < side else 1
    grid = F.affine_grid(send(boxes, images.device), [n, 3, fine * size, fine * size], align_corners=False)
    crops = F.grid_sample(images.float(), grid, padding_mode="reflection", align_corners=False)
    return F.avg_pool2d(crops, fine)


def upstream_autocast(device: torch.device) -> contextlib.AbstractContextManager:
    """As in ``fit``, and on a CPU that has bfloat16 instructions too.

    There ResNet-18 at 64 px trains 1.7 times as fast (129 to 218 images a second of one core of an
    AMD EPYC with AVX-512 BF16, channels-last).
    """
    if device.type == "cpu" and cpu_has_bfloat16():
        return torch.autocast("cpu", torch.bfloat16)
    return autocast(device)


def shipped_state(model: nn.Module, arch: str) -> dict[str, Tensor]:
    """What is stored: float16 and contiguous; of AlexNet the features alone."""
    return {
        name: (t.half() if t.is_floating_point() else t).cpu().contiguous()
        for name, t in model.state_dict().items()
        if arch != "alexnet" or name.startswith("features.")
    }


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
    begins = "From scratch" if start is None else f"Going on from {start.name}"
    stages = "; ".join(
        f"{', '.join(map(str, sizes))} px from {at:.0%} of the training on"
        for at, sizes in settings.sizes
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
        f"{report.seconds / 60:.0f} minutes on {_machine()}.",
        "Command": f"`{command}`",
        "Accuracy": f"Top-1 on {report.n_held_out:,} held-out images, by input size: {top1}.",
        "Versions": f"course-utils {__version__}, torch {torch.__version__}, torchvision "
        f"{torchvision.__version__}, Python {platform.python_version()}.",
        "Limits": f"Knows the classes of {report.data} only. Trained at no more than "
        f"{max(report.by_size)} px. Not for any use outside of teaching.",
    }
    paragraphs = [textwrap.fill(f"**{title}.** {text}", 110) for title, text in sections.items()]
    return "\n\n".join([f"# Model card: {report.arch}, {report.data}", *paragraphs]) + "\n"


def _machine() -> str:
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{torch.get_num_threads()} CPU thread(s)"


def _refuse_small_images(images: ImageSet, settings: Upstream) -> None:
    needed = max(size for _, sizes in settings.sizes for size in sizes)
    height, width = images.images.shape[-2:]
    if min(height, width) < needed:
        raise CourseError(
            "the images are smaller than the largest input.",
            expected=f"{needed} x {needed} pixels",
            found=f"{width} x {height}",
            do="use larger images, or settings with smaller sizes",
        )


def _class_names(images: Splits | str | Path) -> dict[str, str]:
    """Class names by folder, from a ``classes.txt`` (folder, tab, name) in the folder or zip."""
    if isinstance(images, Splits):
        return {}
    path = Path(images).expanduser()
    if path.is_dir():
        text = next((f.read_text(encoding="utf-8") for f in sorted(path.rglob("classes.txt"))), "")
    else:
        with zipfile.ZipFile(path) as archive:
            members = [n for n in archive.namelist() if n.endswith("classes.txt")]
            text = archive.read(members[0]).decode() if members else ""
    pairs = (line.split("\t", 1) for line in text.splitlines() if "\t" in line)
    return {folder: names.split(",")[0].strip() for folder, names in pairs}


def _sidecar(
    report: Report, folders: tuple[str, ...], names: dict[str, str], start: Weights | None
) -> dict:
    """The JSON file beside the weights, see :func:`course_utils.weights.from_file`."""
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
