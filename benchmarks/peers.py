"""One epoch of the same ResNet-18 on the same images: fastai's Learner, Lightning's Trainer, and our `fit`.

    pip install -e ".[peers]"
    OMP_WAIT_POLICY=PASSIVE python benchmarks/peers.py --data cifar10.zip

Batches of 64 and of 256, each library at its best number of workers, in turn, three rounds. All crop and
mirror each image by itself, normalise, and train all layers with AdamW in float32 and, on a CPU with such
instructions, in bfloat16; the peers' images pass through torchvision's transforms, one by one in a
DataLoader, as their documentation shows it.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

import torch
import tutorial
from measure import Arm, Timing, in_turn, seconds_of
from report import markdown
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms

from course_utils.data.augment import Augment, Preprocess
from course_utils.data.images import ImageSet, Splits
from course_utils.data.loading import load_data
from course_utils.machine import describe_machine
from course_utils.models.building import build_model
from course_utils.storage import write_text
from course_utils.training.convolutions import use_live_taps
from course_utils.training.device import best_device, cpu_has_bfloat16
from course_utils.training.fitting import fit
from course_utils.training.recipe import Phase, Recipe

IMAGES, BATCHES, WORKERS, ROUNDS = 4096, (64, 256), (0, 1, 2, 4), 3
RATE, PAD = 1e-3, 4
PREPROCESS = Preprocess(tutorial.MEAN, tutorial.STD)
GOALS = {False: 1.4, True: 2.0}  # times the faster peer, without and with live taps
AFTER = ", bfloat16"  # ends the name of an arm
VALIDATION = 10  # images that `fit` and the Learner evaluate after the epoch; the Trainer evaluates none

Train = Callable[..., object]  # with_fastai, with_lightning or with_ours


def network(live_taps: bool = False) -> nn.Module:
    """ResNet-18 from scratch, stock stem."""
    model = build_model("resnet18")
    if live_taps:
        use_live_taps(model)
    return model


def loader(images: ImageSet, batch: int, workers: int) -> DataLoader:
    """Shuffled batches of cropped, mirrored and normalised images, prepared one by one."""
    steps = transforms.Compose(
        [
            transforms.RandomCrop(32, padding=PAD),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(tutorial.MEAN, tutorial.STD),
        ]
    )
    pictures = tutorial.Pictures(images.images, images.labels, steps)
    return DataLoader(pictures, batch, shuffle=True, num_workers=workers)


def in_bfloat16() -> torch.autocast:
    """torch's own context, without its cache of converted weights, which would outlive a step."""
    return torch.autocast("cpu", torch.bfloat16, cache_enabled=False)


def with_fastai(model: nn.Module, images: ImageSet, batch: int, workers: int, bfloat16: bool = False) -> None:
    """One epoch of fastai's Learner, without its bar and its table.

    Its own mixed precision is for GPUs; in bfloat16 the model's forward pass is put into torch's context.
    """
    import fastai.callback.progress  # noqa: F401 (adds Learner.no_bar)
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner

    few = loader(images.subset(range(VALIDATION)), batch, 0)
    batches = DataLoaders(loader(images, batch, workers), few)
    if bfloat16:
        model.forward = in_bfloat16()(model.forward)
    learner = Learner(batches, model, loss_func=_loss, lr=RATE, opt_func=_fastai_adamw)
    with learner.no_bar(), learner.no_logging():
        learner.fit(1)


def with_lightning(
    model: nn.Module, images: ImageSet, batch: int, workers: int, bfloat16: bool = False
) -> None:
    """One epoch of Lightning's Trainer, without logger, bar and checkpoint."""
    import lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)  # its import has set INFO

    class Classifier(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = model

        def training_step(self, pair, _):
            x, labels = pair
            return nn.functional.cross_entropy(self.model(x), labels)

        def configure_optimizers(self):
            return torch.optim.AdamW(self.parameters(), RATE)

    trainer = lightning.Trainer(
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        accelerator="auto",
        precision="bf16-mixed" if bfloat16 else "32-true",
    )
    trainer.fit(Classifier(), loader(images, batch, workers))


def with_ours(model: nn.Module, images: ImageSet, batch: int, workers: int, bfloat16: bool = False) -> None:
    """One epoch of `fit`, which needs no workers; it validates on a few images."""
    few = images.subset(range(VALIDATION))
    recipe = Recipe((Phase(1, RATE),), batch_size=batch, augment=Augment(pad=PAD))
    with in_bfloat16() if bfloat16 else contextlib.nullcontext():
        fit(model, Splits(images, few, few), recipe, PREPROCESS, progress=False)


def best_workers(train: Train, images: ImageSet, batch: int, bfloat16: bool) -> int:
    """The number of workers with which one epoch takes the shortest time."""
    seconds = {n: seconds_of(partial(train, network(), images, batch, n, bfloat16)) for n in WORKERS}
    return min(seconds, key=seconds.__getitem__)


def arms(images: ImageSet, batch: int, bfloat16: bool) -> list[Arm]:
    """Both peers and ours, plain and with live taps, in one precision."""
    found = []
    after = AFTER if bfloat16 else ""
    for name, train in (("fastai", with_fastai), ("Lightning", with_lightning)):
        workers = best_workers(train, images, batch, bfloat16)
        work = partial(_once, train, images, batch, workers, bfloat16)
        found.append(Arm(f"{name}, workers: {workers}{after}", work, len(images), warm_up=work))
    for name, taps in (("ours", False), ("ours, live taps", True)):
        work = partial(_once, with_ours, images, batch, 0, bfloat16, taps)
        found.append(Arm(name + after, work, len(images), warm_up=work, goal=GOALS[taps]))
    return found


def section(images: ImageSet, rounds: int, batches: tuple[int, ...]) -> str:
    """The tables, one for each size of batch."""
    parts = []
    precisions = (False, True) if cpu_has_bfloat16() else (False,)
    for batch in batches:
        timings = in_turn([arm for p in precisions for arm in arms(images, batch, p)], rounds)
        head = ("what", "images/s", "times the faster peer", "of either precision", "goal")
        parts.append(f"## Batches of {batch}\n\n{markdown(head, rows(timings))}")
    return "\n\n".join(parts) + "\n"


def rows(timings: Sequence[Timing]) -> list[list[str]]:
    """Each beside the faster peer of its own precision, and beside the fastest there is."""
    peers = {
        precise: max(t.rate for t in timings if not t.arm.name.startswith("ours") and in_16(t) == precise)
        for precise in {in_16(t) for t in timings}
    }
    return [
        [
            t.arm.name,
            f"{t.rate:.0f}",
            f"{t.rate / peers[in_16(t)]:.2f}",
            f"{t.rate / max(peers.values()):.2f}",
            f"{t.arm.goal:g}" if t.arm.goal > 1 else "-",
        ]
        for t in timings
    ]


def in_16(timing: Timing) -> bool:
    return timing.arm.name.endswith(AFTER)


def page(images: ImageSet, rounds: int, batches: tuple[int, ...]) -> str:
    """Everything: what was compared, on what, and the tables."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("fastai", "lightning", "torch"))
    return (
        "# Beside fastai and Lightning\n\n"
        f"One epoch of ResNet-18 from scratch (stock stem) on {len(images):,} images of {images.name}, "
        f"crop and mirror in all, AdamW; medians of {rounds} rounds in turn. {versions}; "
        f"{describe_machine(best_device())}; "
        f"OMP_WAIT_POLICY={os.environ.get('OMP_WAIT_POLICY', 'not set')}.\n\n"
        + section(images, rounds, batches)
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python benchmarks/peers.py", description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="cifar10, or a folder or zip of it")
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--out", type=Path, help="write the tables there, too")
    options = parser.parse_args()
    if best_device().type != "cpu":  # where `fit` computes in 16 bits, and the peers do not
        parser.error("this compares on a CPU: hide the GPU with CUDA_VISIBLE_DEVICES=")
    warnings.filterwarnings("ignore", module="lightning")
    warnings.filterwarnings(
        "ignore", message="This DataLoader will create"
    )  # more workers than cores: that is tried
    images = load_data(options.data, train=options.images, val=100).train
    text = page(images, options.rounds, BATCHES)
    print(text)
    if options.out:
        write_text(options.out, text)


def _once(
    train: Train, images: ImageSet, batch: int, workers: int, bfloat16: bool, live_taps: bool = False
) -> None:
    train(network(live_taps), images, batch, workers, bfloat16)


def _loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return nn.functional.cross_entropy(logits.float(), labels)


def _fastai_adamw(groups, **settings):
    """torch's AdamW for fastai: its own Adam steps through Python, tensor by tensor."""
    from fastai.optimizer import OptimWrapper

    return OptimWrapper(groups, torch.optim.AdamW, **settings)


if __name__ == "__main__":
    main()
