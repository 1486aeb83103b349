"""The headline table: what the source texts print, and what was measured here, built from the records.

No number that was measured stands in this file. What the texts print does, with the terms of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from course_utils.analysis.arms import is_decided
from course_utils.evidence import reading
from course_utils.evidence.reading import RECORDS

MARKS = (
    "<!-- The headline table is made from course_utils/recorded/evidence by `course build`. -->",
    "<!-- End of the headline table. -->",
)
COLUMNS = (
    "text",
    "it says",
    "on what terms",
    "verdict",
    "measured here",
    "from which start",
    "runs, minutes",
)
TORCHVISION = "ImageNet-1k, torchvision's ResNet-18"
NOT_RUN = "not run yet"

Arms = Mapping[tuple[str, str], dict]


@dataclass(frozen=True)
class Claim:
    """A sentence or number of a source text, and the arms that bear on it.

    Attributes:
        text: which text.
        says: its number or sentence.
        terms: how it came by it.
        arms: (experiment, arm) of the records, the most telling first.
        verdict: makes one sentence of the arms that stand.
    """

    text: str
    says: str
    terms: str
    arms: tuple[tuple[str, str], ...]
    verdict: Callable[[Arms], str]


def number(printed: float, start: str, arm: tuple[str, str]) -> Callable[[Arms], str]:
    """The verdict on a printed accuracy: another start is no reproduction, whatever it reaches.

    Args:
        printed: accuracy as a fraction.
        start: the weights that the text began with.
        arm: the one that does what the text does.
    """

    def verdict(arms: Arms) -> str:
        if arm not in arms:
            sentence = f"the text's own way ({arm[1]}) has not run here yet"
        elif arms[arm]["start"] != start:
            sentence = f"not comparable: the text started from {start}, we from {arms[arm]['start']}"
        else:
            close = abs(mean(arms[arm]) - printed) < 2 * _standard_error(arms[arm])
            sentence = "reproduced" if close else "refuted"
        reached = [how for (_, name), found in arms.items() if (how := _reaching(name, found, printed))]
        return sentence + (f"; {printed:.2%} or more is reached by: {', '.join(reached)}" if reached else "")

    return verdict


def order(better: tuple[str, str], worse: tuple[str, str], start: str = "") -> Callable[[Arms], str]:
    """The verdict on a sentence that ``better`` is ahead of ``worse``.

    Args:
        start: the weights that the sentence is about, if it is about some: other ones can contradict it as a
            rule, but not refute it.
    """

    def verdict(arms: Arms) -> str:
        if better not in arms or worse not in arms:
            return NOT_RUN
        points = 100 * (mean(arms[better]) - mean(arms[worse]))
        side = "ahead of" if points > 0 else "behind"
        sentence = f"{better[1]} is {abs(points):.1f} points {side} {worse[1]}"
        if not _told_apart(arms[better], arms[worse]):
            return f"undecided here: {sentence}"
        others = bool(start) and arms[better]["start"] != start
        if points > 0:
            return f"{'the same way with our weights' if others else 'holds here'}: {sentence}"
        if others:
            return f"depends on the weights: the text speaks of {start}; with ours {sentence}"
        return f"refuted here: {sentence}"

    return verdict


CLAIMS = (
    Claim(
        "S0, S1",
        "86.08 %",
        "ResNet-18, stock stem, 32 px; epoch 40 of one run; the learning rate followed the test loss",
        (("s0", "as printed, small weights"), ("s0", "ours, small weights")),
        number(0.8608, TORCHVISION, ("s0", "as printed, small weights")),
    ),
    Claim(
        "S0, S1",
        "clearly better than from scratch",
        "no run from scratch is shown",
        (("s0", "ours, small weights"), ("s0", "ours, from scratch"), ("s0", "as printed, from scratch")),
        order(("s0", "ours, small weights"), ("s0", "ours, from scratch"), TORCHVISION),
    ),
    Claim(
        "S2",
        "94.91 %",
        "ResNet-18, new 3x3 stem without pool; the best of 20 epochs on the test images, one run",
        (("s2", "conv3x3, small weights"), ("start", "full fine-tuning"), ("start", "partial fine-tuning")),
        number(0.9491, TORCHVISION, ("s2", "conv3x3, small weights")),
    ),
    Claim(
        "S2",
        "a new 3x3 stem is the way to adapt the network",
        "compared with a resized input only",
        (("s2", "conv3x3, small weights"), ("s2", "stock, small weights"), ("s2", "nopool, small weights")),
        order(("s2", "conv3x3, small weights"), ("s2", "stock, small weights")),
    ),
    Claim(
        "S2",
        "an enlarged input makes the features fail (81 %)",
        "ResNet-18 at 224 px, one run",
        (("start", "linear probe, 96 px"), ("start", "linear probe, 224 px")),
        order(("start", "linear probe, 96 px"), ("start", "linear probe, 224 px"), TORCHVISION),
    ),
    Claim(
        "S2",
        "below 10,000 images freeze, do not fine-tune",
        "a rule without a source",
        (
            ("recipes", "linear probe, 1,000 images"),
            ("recipes", "all layers at one rate, 1,000 images"),
        ),
        order(
            ("recipes", "linear probe, 1,000 images"),
            ("recipes", "all layers at one rate, 1,000 images"),
        ),
    ),
    Claim(
        "S4",
        "94 %",
        "hot dogs of D2L, 2,000 training photographs; ResNet-18 at 224 px, 5 epochs",
        (("hotdog", "EfficientNet-Lite0, two rates"), ("hotdog", "ResNet-18, two rates")),
        number(0.94, TORCHVISION, ("hotdog", "ResNet-18, two rates")),
    ),
    Claim(
        "S4",
        "10 points ahead of from scratch (84 %), by the start alone",
        "the two runs differ in their learning rates too",
        (("hotdog", "ResNet-18, one rate"), ("hotdog", "ResNet-18, from scratch")),
        order(("hotdog", "ResNet-18, one rate"), ("hotdog", "ResNet-18, from scratch"), TORCHVISION),
    ),
    Claim(
        "S4",
        "the backbone at a tenth of the head's rate",
        "the key trick; no run without it is shown",
        (
            ("recipes", "backbone at a tenth, 1,000 images"),
            ("recipes", "all layers at one rate, 1,000 images"),
        ),
        order(
            ("recipes", "backbone at a tenth, 1,000 images"),
            ("recipes", "all layers at one rate, 1,000 images"),
        ),
    ),
    Claim(
        "S0, S1",
        "freeze first, then unfreeze",
        "no run without it is shown",
        (
            ("recipes", "freeze, then unfreeze, 1,000 images"),
            ("recipes", "all layers at one rate, 1,000 images"),
        ),
        order(
            ("recipes", "freeze, then unfreeze, 1,000 images"),
            ("recipes", "all layers at one rate, 1,000 images"),
        ),
    ),
)


def rows(folder: Path = RECORDS, between: str = "; ") -> list[dict[str, str]]:
    """A row for each claim on which runs allow a verdict, by the names of ``COLUMNS``.

    Args:
        between: stands between the arms of a cell.
    """
    every = _arms(folder)
    return [row for claim in CLAIMS if (row := _row(claim, every, between))]


def in_short(verdict: str) -> str:
    """A verdict's first words, without its reason: ``undecided here``."""
    return re.split("[:;]", verdict)[0]


def not_run(folder: Path = RECORDS) -> list[str]:
    """The claims on which no run allows a verdict yet."""
    every = _arms(folder)
    return [f"{claim.says} ({claim.text})" for claim in CLAIMS if not _row(claim, every)]


def markdown(folder: Path = RECORDS) -> str:
    """The table as Markdown, and below it what has not been run."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(row[c] for c in COLUMNS) + " |" for row in rows(folder, "<br>")]
    if left := not_run(folder):
        lines += ["", f"Not run yet: {'; '.join(left)}."]
    return "\n".join(lines) + "\n"


def mean(arm: Mapping) -> float:
    """Mean test accuracy over seeds or folds, a fraction."""
    return sum(arm["test"]) / len(arm["test"])


def mirrored(arm: Mapping) -> float:
    """The same where each image and its mirror image vote together; 0 where that was not measured."""
    scores = arm.get("test_mirrored", [])
    return sum(scores) / len(scores) if scores else 0.0


def _reaching(name: str, arm: Mapping, printed: float) -> str:
    """The arm's name, and how it reaches the printed accuracy; empty where it does not."""
    if mean(arm) >= printed:
        return name
    return f"{name}, with mirror images" if mirrored(arm) >= printed else ""


def _arms(folder: Path) -> Arms:
    """The arms of all records, by experiment and name."""
    names = [file.stem for file in sorted(folder.glob("*.json"))]
    return {(name, arm): found for name in names for arm, found in reading.read(name, folder)["arms"].items()}


def _row(claim: Claim, every: Arms, between: str = "; ") -> dict[str, str]:
    """The row of a claim; empty where the arms that stand do not suffice for a verdict."""
    arms = {key: every[key] for key in claim.arms if key in every}
    verdict = claim.verdict(arms) if arms else NOT_RUN
    if verdict == NOT_RUN:
        return {}
    cells = (_cells(name, arm) for (_, name), arm in arms.items())
    joined = (between.join(dict.fromkeys(column)) for column in zip(*cells, strict=True))  # equal ones once
    return dict(zip(COLUMNS, (claim.text, claim.says, claim.terms, verdict, *joined), strict=True))


def _cells(name: str, arm: Mapping) -> tuple[str, str, str]:
    """Measured, start, and number of runs with their minutes, of one arm."""
    spread = f" ({min(arm['test']):.1%} to {max(arm['test']):.1%})" if len(arm["test"]) > 1 else ""
    twice = f"; {mirrored(arm):.2%} with mirror images" if mirrored(arm) else ""
    return (
        f"{name}: {mean(arm):.2%}{spread}{twice}",
        arm["start"],
        f"{len(arm['test'])}, {arm['minutes']:g}",
    )


def _standard_error(arm: Mapping) -> float:
    """What the number of test images alone leaves open."""
    p = mean(arm)
    return math.sqrt(p * (1 - p) / arm["images"]["test"])


def _told_apart(a: Mapping, b: Mapping) -> bool:
    """Whether two arms differ by more than chance.

    Several runs each: the rule of :func:`course_utils.analysis.arms.is_decided`. One run each: two
    standard errors of that many test images.
    """
    if min(len(a["test"]), len(b["test"])) > 1:
        return is_decided(reading.arm("a", a), reading.arm("b", b))
    return abs(mean(a) - mean(b)) > 2 * math.hypot(_standard_error(a), _standard_error(b))


if __name__ == "__main__":
    print(markdown(), end="")
