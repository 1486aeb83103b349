"""Upstream training: small weights in torchvision's names from an image folder, with a card."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections import OrderedDict
from dataclasses import asdict, replace
from pathlib import Path

import safetensors.torch
import torch
import torch.nn.functional as F
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
from course_utils.training.checkpoint import load_checkpoint, save_checkpoint
from course_utils.training.device import autocast, best_device, cpu_has_bfloat16
from course_utils.training.evaluation import evaluate
from course_utils.training.loop import Stepper, count_batches
from course_utils.training.recipe import Phase, Recipe
from course_utils.training.upstream import (
    SETTINGS,
    Report,
    Upstream,
    _class_names,
    _sidecar,
    model_card,
)

WARM_UP = 0.2  # fraction of training in which the learning rate rises


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
