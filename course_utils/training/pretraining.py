"""Upstream training: small weights in torchvision's names from an image folder, with a card."""

from __future__ import annotations

import json
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn
from tqdm import tqdm

from course_utils.data.augment import Preprocess, random_crops
from course_utils.data.images import ImageSet, Splits
from course_utils.data.loading import load_data
from course_utils.errors import CourseError
from course_utils.models.alexnet import fill_after_he
from course_utils.models.building import build_model, seeded
from course_utils.models.freezing import count_parameters
from course_utils.models.weights import IMAGENET_MEAN, IMAGENET_STD, Weights
from course_utils.storage import whole_file, write_text
from course_utils.training.checkpoint import FileCheckpoint
from course_utils.training.device import best_device, cpu_has_bfloat16
from course_utils.training.evaluation import evaluate
from course_utils.training.fingerprints import digest_of, sketch
from course_utils.training.loop import Stepper, count_batches, seed_epoch, train_epoch
from course_utils.training.upstream import SETTINGS, Report, Upstream, class_names, model_card, sidecar

WARM_UP = 0.2  # fraction of training in which the learning rate rises
PREPROCESS = Preprocess(IMAGENET_MEAN, IMAGENET_STD)


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
    size: int | None = None,
    seed: int = 0,
    progress: bool = True,
) -> Report:
    """Train ``arch`` on labelled images and write its weights, their classes and a model card.

    Written to ``out``: ``<arch>_<name>.safetensors`` (float16; AlexNet: ``features.*`` alone, whole
    it would be 115 MB), ``.json`` and ``.md``. A checkpoint is written there after each epoch; the
    same call resumes from it. The same seed on the same CPU gives the same weights.

    Args:
        images: a folder or zip, of which all of ``train`` is trained on and ``test`` (or ``val``)
            held out; or splits, of which ``train`` and ``test`` are used. The last epoch's weights
            are kept, so nothing is chosen by the held-out images. At least 64x64 pixels.
        epochs: instead of ``settings.epochs``.
        settings: ``None`` takes ``SETTINGS[arch]``, after ``gentler()`` if there is a ``start``.
        start: weights to train further; ``None`` starts from random ones.
        name: of the data, for file names and the card; ``None`` takes the name of the folder.
        terms: on which the images may be used, for the card.
        size: pixels, for a folder or zip: the largest square in the middle of each image is resized to it.

    Raises:
        CourseError: for an architecture without settings, or images smaller than the largest input.
        DataError: if the images cannot be read.
        CheckpointError: if the checkpoint in ``out`` is damaged or belongs to other settings.
    """
    if arch not in SETTINGS:
        raise CourseError(f"no upstream settings for {arch!r}.", expected=", ".join(SETTINGS))
    settings = settings or (SETTINGS[arch].gentler() if start else SETTINGS[arch])
    settings = settings if epochs is None else replace(settings, epochs=epochs)
    splits = images if isinstance(images, Splits) else load_data(images, val=0, size=size)
    _refuse_small_images(splits.train, settings)
    name = name or splits.name
    file = Path(out) / f"{arch}_{name}.safetensors".replace(" ", "").lower()
    origin, names = start.name if start else "random weights", class_names(images)
    report = Report(arch, name, len(splits.train), len(splits.test), settings.epochs, origin, file)

    device = best_device()
    model = upstream_model(arch, len(splits.classes), start, seed)
    model.to(device).to(memory_format=torch.channels_last)
    train_upstream(model, splits.train.to(device), settings, report, seed, progress=progress)
    for side in sorted({side for _, sides in settings.sizes for side in sides}):
        report.by_size[side] = evaluate(model, splits.test, replace(PREPROCESS, size=side)).top1

    write_weights(model, report, splits.classes, names, start)
    source = report.data if isinstance(images, Splits) else Path(images).name
    command = f"course pretrain --data {source} --arch {arch} --epochs {settings.epochs}"
    command += f' --name "{report.data}" --seed {seed}' + (" --start FILE" if start else "")
    command += f" --size {size}" if size else ""
    card = model_card(report, count_parameters(model), settings, start, terms, command)
    write_text(report.file.with_suffix(".md"), card)
    return report


def upstream_model(arch: str, num_classes: int, start: Weights | None, seed: int) -> nn.Module:
    """The network to train; the head of ``start`` is kept if it has ``num_classes`` outputs.

    AlexNet always gets a new head, one linear layer, as only its features are kept, and He's
    initialisation: with torchvision's the signal fades from layer to layer, and there is no batch
    norm to restore it.
    """
    keep_head = start is not None and start.num_classes == num_classes
    model = build_model(arch, start, None if keep_head else num_classes, seed=seed)
    if arch != "alexnet":
        return model
    features = model.get_submodule("features")
    with seeded(seed):
        head = nn.Linear(256, num_classes)
        if start is None:
            fill_after_he(features.children())
    pool, flatten = nn.AdaptiveAvgPool2d(1), nn.Flatten()
    parts = (("features", features), ("pool", pool), ("flatten", flatten), ("head", head))
    return nn.Sequential(OrderedDict(parts))


def train_upstream(
    model: nn.Module, images: ImageSet, settings: Upstream, report: Report, seed: int, *, progress: bool
) -> None:
    """Train ``model`` in place and fill in ``report``; resume from the checkpoint beside its file."""
    stepper = Stepper(model, settings.recipe.phases[0], settings.recipe)
    kept = FileCheckpoint(report.file.with_suffix(".pt"))
    begins = [f"{number:.3g}" for number in sketch(model.state_dict())]
    fingerprint = (
        f"{report.arch} {report.data} {digest_of(images)} {asdict(settings)} {seed} "
        f"from {report.origin} {begins}"
    )
    saved = kept.load(fingerprint)
    if saved:
        model.load_state_dict(saved["model"])
        stepper.load_state_dict(saved["stepper"])
        report.loss, report.seconds = saved["loss"], saved["seconds"]

    batches = count_batches(len(images), settings.batch_size)
    total, done = settings.epochs * batches, len(report.loss) * batches
    bar = tqdm(total=total, initial=done, unit="batch", disable=not progress, leave=False)
    with bar, torch.random.fork_rng():
        for epoch in range(len(report.loss), settings.epochs):
            started = time.perf_counter()
            generator = seed_epoch(seed, epoch)
            loss = upstream_epoch(
                model, images, settings, stepper, epoch, generator, before_batch=lambda losses: bar.update()
            )
            report.loss.append(loss)
            report.seconds += time.perf_counter() - started
            bar.set_postfix_str(f"loss {loss:.3f}")
            state = {"model": model.state_dict(), "stepper": stepper.state_dict()}
            kept.save({"fingerprint": fingerprint, **state, "loss": report.loss, "seconds": report.seconds})


def upstream_epoch(
    model: nn.Module,
    images: ImageSet,
    settings: Upstream,
    stepper: Stepper,
    epoch: int,
    generator: torch.Generator,
    *,
    before_batch: Callable[[list[Tensor]], None],
) -> float:
    """One epoch, whose sizes and rates depend on how much of the whole training is done; the mean loss."""
    batches = count_batches(len(images), settings.batch_size)
    recipe = replace(settings.recipe, augment=growing_crops(settings, epoch, batches))
    _, loss, _ = train_epoch(
        model,
        images,
        recipe,
        PREPROCESS,
        stepper,
        generator,
        factor=lambda done: one_cycle((epoch + done) / settings.epochs),
        before_batch=before_batch,
        forward=upstream_forward(model, images.images.device),
    )
    return loss


def growing_crops(
    settings: Upstream, epoch: int, batches: int
) -> Callable[[Tensor, torch.Generator], Tensor]:
    """The augmentation of one epoch, to be called once for each of its batches, in their order."""
    progress = iter([(epoch + number / batches) / settings.epochs for number in range(batches)])

    def crop(images: Tensor, generator: torch.Generator) -> Tensor:
        size = pick_size(settings, next(progress), generator)
        return random_crops(images, size, settings.windows, generator)

    return crop


def one_cycle(done: float) -> float:
    """Learning-rate factor: from 0 up to 1 in a straight line, then down to 0 along a cosine."""
    if done < WARM_UP:
        return max(done, 1e-3) / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (done - WARM_UP) / (1 - WARM_UP)))


def pick_size(settings: Upstream, done: float, generator: torch.Generator) -> int:
    """A random input size among those of this fraction of training."""
    sizes = [choice for begins, choice in settings.sizes if done >= begins][-1]
    return sizes[torch.randint(len(sizes), (), generator=generator)]


def upstream_forward(model: nn.Module, device: torch.device) -> Callable[[Tensor], Tensor]:
    """The forward pass of ``model``: in bfloat16 on a CPU too, if it has the instructions.

    There ResNet-18 at 64 px trains 1.7 times as fast (129 to 218 images a second of one core of an
    AMD EPYC with AVX-512 BF16, channels-last).
    """
    if device.type != "cpu" or not cpu_has_bfloat16():
        return model

    def forward(x: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return model(x).float()

    return forward


def write_weights(
    model: nn.Module, report: Report, classes: tuple[str, ...], names: dict[str, str], start: Weights | None
) -> None:
    """Write the weights, and beside them what :func:`course_utils.models.weights.from_file` wants to know."""
    with whole_file(report.file) as target:
        target.write(safetensors.torch.save(shipped_state(model, report.arch)))
    text = json.dumps(sidecar(report, classes, names, start), indent=1)
    write_text(report.file.with_suffix(".json"), text + "\n")


def shipped_state(model: nn.Module, arch: str) -> dict[str, Tensor]:
    """What is stored: float16 and contiguous; of AlexNet the features alone."""
    return {
        name: (t.half() if t.is_floating_point() else t).cpu().contiguous()
        for name, t in model.state_dict().items()
        if arch != "alexnet" or name.startswith("features.")
    }


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
