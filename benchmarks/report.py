"""The pages of results: the measured timings as tables, with machine, versions and command."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import torch
from measure import Timing

from course_utils.data.images import Splits
from course_utils.machine import describe_machine

PAGE, GPU_PAGE = (Path(__file__).with_name(name) for name in ("RESULTS.md", "RESULTS-GPU.md"))
NO_GPU = """The GPU command (`course bench --gpu`: the same rows, then recipes on CIFAR-10)
**has not been run**: no GPU was at hand. All of it but the GPU is tested, at tiny sizes. It writes a page of
its own, `RESULTS-GPU.md`.
"""
READING = """Every row runs all its paths in turn, round by round, in one process. Figures are medians over
the rounds, with the lowest and highest in brackets; "times" is the median over the rounds of the ratio
within a round, and "goal" the ratio to reach. The limit is this machine's float32 matrix product. Accuracy
is on the validation images after the last round, with few images and few epochs: it would show a path that
learns nothing where the others learn, and no more (ten classes make 10 % by chance). What limits the rows
stands in `benchmarks/README.md`.
"""
ON_A_GPU = """Ours trains in 16 bits here, the tutorial loop in torch's default precision, and the limit is
that of float32 without tensor cores: a path may be beyond it. For training and evaluation ours has the
images on the card before it starts, the tutorial loop sends them batch by batch. Decoding, importing, the
first batch and L-BFGS run on the CPU.
"""


def section(title: str, timings: Sequence[Timing], limit: float, repeats: int) -> str:
    """A table of one row's paths; the first is the baseline.

    Args:
        limit: floating-point operations a second of the matrix product.
    """
    per_image = bool(timings[0].arm.images)
    limited = any(t.arm.flop for t in timings)
    head = ["path", "images a second" if per_image else "seconds", "times", "goal"]
    head += ["of the limit"] if limited else []
    head += ["accuracy"] if timings[0].accuracy is not None else []
    head += ["start, s"] if any("compiled" in t.arm.name for t in timings) else []
    rows = []
    for i, t in enumerate(timings):
        row = [t.arm.name, _figure(t), f"{t.ratio:.2f}", "" if i == 0 else _goal(t)]
        row += [f"{t.rate * t.arm.flop / limit:.0%}"] if limited else []
        row += [f"{t.accuracy:.1%}"] if t.accuracy is not None else []
        row += [f"{t.start:.0f}"] if "start, s" in head else []
        rows.append(row)
    rounds = f"{repeats} round" + ("s" if repeats > 1 else "")
    return f"## {title}, {rounds}\n\n{markdown(head, rows)}"


def scaling_section(title: str, measured: Sequence[tuple[int, float, float]]) -> str:
    """Seconds, and milliseconds an image, for each number of images."""
    head = ["images", "an epoch, s", "ms an image", "a linear probe, s", "ms an image"]
    rows = [[f"{n:,}", *_cost(train, n), *_cost(probe, n)] for n, train, probe in measured]
    return f"## {title}\n\n{markdown(head, rows)}"


def page(
    sections: Sequence[str],
    splits: Splits,
    device: torch.device,
    limits: tuple[float, float],
    command: str,
    minutes: float,
    size: str,
    finished: bool = True,
) -> str:
    """A whole page.

    Args:
        limits: the matrix product before and after the rows, in floating-point operations a second.
        size: name of the preset; ``quick`` is marked as no measurement.
    """
    low, high = sorted(limits)
    facts = {
        "command": f"`{command}` ({minutes:.1f} minutes{'' if finished else ', **not finished**'})",
        "machine": describe_machine(device),
        "versions": f"Python {platform.python_version()}, torch {torch.__version__}, "
        f"torchvision {version('torchvision')}, numpy {version('numpy')}",
        "matrix product": f"{low / 1e9:,.0f} to {high / 1e9:,.0f} GFLOP/s, before and after",
        "data": f"{splits.name}: {len(splits.train):,} training images (repeated where a row takes more), "
        f"{len(splits.val):,} validation images",
    }
    lines = "\n".join(f"- {name}: {text}" for name, text in facts.items())
    warning = "**Tiny sizes, which measure nothing (`--quick`).**\n\n" if size == "quick" else ""
    gpu = ON_A_GPU if device.type == "cuda" else "" if GPU_PAGE.exists() else NO_GPU
    parts = ["# Training, measured against the loop everybody writes\n", f"{warning}{lines}\n", READING, gpu]
    return "\n".join([*filter(None, parts), *(f"{text}\n" for text in sections)])


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; all columns but the first to the right."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, rule, *rows))


def page_of(device: torch.device) -> Path:
    """Where the results of a device go."""
    return GPU_PAGE if device.type == "cuda" else PAGE


def without_folders(words: Sequence[str]) -> list[str]:
    """The words of a command without the folders of this machine."""
    return ["=".join(map(_without_folders, word.split("="))) for word in words]


def _without_folders(text: str) -> str:
    return ",".join(re.split(r"[/\\]", part)[-1] for part in text.split(","))


def _figure(timing: Timing) -> str:
    if timing.arm.images:
        values = [timing.arm.images / s for s in (timing.median, max(timing.seconds), min(timing.seconds))]
        return "{:,.0f} ({:,.0f} to {:,.0f})".format(*values)
    return f"{timing.median:.2f} ({min(timing.seconds):.2f} to {max(timing.seconds):.2f})"


def _goal(timing: Timing) -> str:
    met = "met" if timing.ratio >= timing.arm.goal else "**missed**"
    return f"{timing.arm.goal:g}: {met}"


def _cost(seconds: float, n: int) -> tuple[str, str]:
    return f"{seconds:.1f}", f"{1000 * seconds / n:.2f}"
