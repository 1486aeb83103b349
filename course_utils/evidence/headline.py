"""The headline table: what the source texts print, and what was measured here, built from the records.

No number that was measured stands in this file. What the texts print does, with the terms of it. A verdict
goes by the rule of the whole course, :func:`course_utils.analysis.arms.is_decided`: from one run each
nothing is decided. A fit on frozen features (a probe) has no randomness that more runs could show: there
the test images alone decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_utils.analysis.arms import exceeds_images, is_decided
from course_utils.evidence import reading
from course_utils.evidence.reading import RECORDS
from course_utils.tables import count

MARKS = (
    "<!-- The headline table is made from course_utils/recorded/evidence by `course build`. -->",
    "<!-- End of the headline table. -->",
)
PAGE = "docs/evidence.md"  # has all rows
COLUMNS = (
    "text",
    "it says",
    "on what terms",
    "compared here",
    "measured",
    "minutes",
    "runs",
    "verdict",
    "from which start",
)
FIRST_COLUMNS = ("text", "it says", "compared here", "measured", "runs", "verdict")
WORDS = (
    "'Holds' and 'refuted' need three things: at least two runs each, ranges that do not overlap (not asked "
    "of folds), and means more than two standard errors apart. Anything less is 'undecided'. Two fits on "
    "frozen features do not depend on a seed: for them the last condition alone counts. 'The same (the "
    "other) way with other weights': decided here, but the text began with other weights, so its sentence is "
    "neither confirmed nor refuted."
)
TORCHVISION = "ImageNet-1k, torchvision's ResNet-18"
NOT_COMPARABLE = "not comparable: other weights"


@dataclass(frozen=True)
class Claim:
    """A sentence or number of a source text, and the one or two arms that bear on it.

    Attributes:
        text: which text.
        says: its number or sentence.
        terms: how it came by it.
        compared: what was run here, in words: "this against that" where there are two arms.
        arms: (experiment, arm) of the records; of two, the one that the text prefers comes first.
        verdict: makes a few words of the arms.
        first: among the few that README and the beginning of chapter 03 show.
    """

    text: str
    says: str
    terms: str
    compared: str
    arms: tuple[tuple[str, str], ...]
    verdict: Callable[[Sequence[Mapping]], str]
    first: bool = False


def number(printed: float) -> Callable[[Sequence[Mapping]], str]:
    """The verdict on a printed accuracy: another start is no reproduction, whatever it reaches.

    Args:
        printed: accuracy as a fraction, from torchvision's weights.
    """

    def verdict(arms: Sequence[Mapping]) -> str:
        (arm,) = arms
        if arm["start"] != TORCHVISION:
            return NOT_COMPARABLE
        if len(arm["test"]) < 2:
            return _undecided(arm)
        return "reproduced here" if min(arm["test"]) <= printed <= max(arm["test"]) else "refuted here"

    return verdict


def order(start: str = "", law: bool = False) -> Callable[[Sequence[Mapping]], str]:
    """The verdict on a sentence that the first arm is ahead of the second.

    Args:
        start: the weights that the sentence is about, if it is about some: what others do neither shows
            nor refutes it.
        law: whether the sentence is said of all cases, so that one case can refute it but not show it.
    """

    def verdict(arms: Sequence[Mapping]) -> str:
        better, worse = arms
        if not _is_decided(better, worse):
            return _undecided(better, worse)
        ahead = mean(better) > mean(worse)
        if start and better["start"] != start:
            return f"{'the same' if ahead else 'the other'} way with other weights"
        if law:
            return "holds in this case" if ahead else "refuted as a rule"
        return "holds here" if ahead else "refuted here"

    return verdict


FREEZE = ("S2", "below 10,000 images freeze, do not fine-tune", "a rule without a source")
ENLARGED = ("S2", "an enlarged input makes the features fail (81 %)", "ResNet-18 at 224 px, one run")
STEM = ("S2", "a new 3x3 stem is the way to adapt the network", "compared with a resized input only")
S0_NUMBER = (
    "S0, S1",
    "86.08 %",
    "ResNet-18, stock stem, 32 px; epoch 40 of one run; the learning rate followed the test loss",
)
S2_NUMBER = (
    "S2",
    "94.91 %",
    "ResNet-18, new 3x3 stem without pool; the best of 20 epochs on the test images, one run",
)
ONE_RATE = ("recipes", "all layers at one rate, 1,000 images")
CLAIMS = (
    Claim(*S0_NUMBER, "S0's recipe, repaired", (("s0", "as printed, small weights"),), number(0.8608)),
    Claim(*S0_NUMBER, "our recipe, 40 epochs", (("s0", "ours, small weights"),), number(0.8608), first=True),
    Claim(
        "S0, S1",
        "clearly better than from scratch",
        "no run from scratch is shown",
        "our recipe, 45,000 images: small weights against scratch",
        (("s0", "ours, small weights"), ("s0", "ours, from scratch")),
        order(TORCHVISION),
        first=True,
    ),
    Claim(
        "S0, S1, S3",
        "freeze first, then unfreeze",
        "no run without it is shown",
        "1,000 images: frozen first against all layers from the start",
        (("recipes", "freeze, then unfreeze, 1,000 images"), ONE_RATE),
        order(),
    ),
    Claim(*S2_NUMBER, "the new stem, 4 epochs", (("s2", "conv3x3, small weights"),), number(0.9491)),
    Claim(
        *S2_NUMBER,
        "EfficientNet-Lite0, all but stem and two stages: 2 epochs at 96 px, 1 at 144",
        (("start", "partial fine-tuning"),),
        number(0.9491),
    ),
    Claim(
        *S2_NUMBER,
        "EfficientNet-Lite0, all layers: 2 epochs at 96 px, 2 at 128, 1 at 160",
        (("start", "full fine-tuning"),),
        number(0.9491),
        first=True,
    ),
    Claim(
        *STEM,
        "4 epochs of all layers: new stem against stock stem",
        (("s2", "conv3x3, small weights"), ("s2", "stock, small weights")),
        order(TORCHVISION),
    ),
    Claim(
        *STEM,
        "4 epochs of all layers: new stem against old kernel at stride 1",
        (("s2", "conv3x3, small weights"), ("s2", "stride1, small weights")),
        order(TORCHVISION),
    ),
    Claim(
        *STEM,
        "4 epochs of all layers: new stem against stock stem and an input enlarged to 64 px",
        (("s2", "conv3x3, small weights"), ("s2", "stock at 64 px, small weights")),
        order(TORCHVISION),
    ),
    Claim(
        *ENLARGED,
        "4 epochs of all layers, stock stem: 32 px against 64 px",
        (("s2", "stock, small weights"), ("s2", "stock at 64 px, small weights")),
        order(TORCHVISION),
    ),
    Claim(
        *ENLARGED,
        "another network, EfficientNet-Lite0: its probe at 96 px against 224 px",
        (("start", "linear probe, 96 px"), ("start", "linear probe, 224 px")),
        order(TORCHVISION),
    ),
    Claim(
        *FREEZE,
        "1,000 images, 20 epochs: probe against all layers",
        (("recipes", "linear probe, 1,000 images"), ONE_RATE),
        order(law=True),
        first=True,
    ),
    Claim(
        *FREEZE,
        "150 photographs, EfficientNet-Lite0: probe against 60 steps of all layers",
        (("hotdog", "EfficientNet-Lite0, linear probe"), ("hotdog", "EfficientNet-Lite0, one rate")),
        order(law=True),
    ),
    Claim(
        "S4",
        "94 %",
        "hot dogs of D2L, 2,000 training photographs; ResNet-18 at 224 px, 5 epochs",
        "150 photographs, 64 px, 60 steps, the backbone at a tenth of the head's rate",
        (("hotdog", "ResNet-18, two rates"),),
        number(0.94),
        first=True,
    ),
    Claim(
        "S4",
        "10 points ahead of from scratch (84 %), by the start alone",
        "the two runs differ in their learning rates too",
        "150 photographs, 60 steps, one rate for all layers, each arm's own: small weights against scratch",
        (("hotdog", "ResNet-18, one rate"), ("hotdog", "ResNet-18, from scratch")),
        order(TORCHVISION),
        first=True,
    ),
    Claim(
        "S4",
        "the backbone at a tenth of the head's rate",
        "the key trick; no run without it is shown",
        "1,000 images: backbone at a tenth against one rate",
        (("recipes", "backbone at a tenth, 1,000 images"), ONE_RATE),
        order(),
    ),
)


def rows(folder: Path = RECORDS, first: bool = False) -> list[dict[str, str]]:
    """A row for each claim whose arms have run, by the names of ``COLUMNS``.

    Args:
        first: the few that are shown first, instead of all.
    """
    every = _arms(folder)
    wanted = [claim for claim in CLAIMS if claim.first or not first]
    return [
        _row(claim, [every[key] for key in claim.arms]) for claim in wanted if every.keys() >= {*claim.arms}
    ]


def not_run(folder: Path = RECORDS) -> list[str]:
    """The comparisons that have not been run yet."""
    every = _arms(folder)
    return [f"{c.says} ({c.text}): {c.compared}" for c in CLAIMS if not every.keys() >= {*c.arms}]


def short_table(folder: Path = RECORDS) -> str:
    """The first rows as Markdown."""
    return _table(rows(folder, first=True))


def page_text(folder: Path = RECORDS) -> str:
    """The whole table as Markdown, below it what its words mean, and what has not been run."""
    lines = [
        _table(rows(folder)),
        f"{WORDS} 'Not comparable': other weights, and with EfficientNet-Lite0 another network.",
    ]
    if left := not_run(folder):
        lines += ["", f"Not run yet: {'; '.join(left)}."]
    return "\n".join(lines) + "\n"


def _table(some: Sequence[Mapping[str, str]]) -> str:
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += ["| " + " | ".join(row[c] for c in COLUMNS) + " |" for row in some]
    return "\n".join(lines) + "\n"


def mean(arm: Mapping) -> float:
    """Mean test accuracy over seeds or folds, a fraction."""
    return sum(arm["test"]) / len(arm["test"])


def mirrored(arm: Mapping) -> float:
    """The same where each image and its mirror image vote together; 0 where that was not measured."""
    scores = arm.get("test_mirrored", [])
    return sum(scores) / len(scores) if scores else 0.0


def _arms(folder: Path) -> dict[tuple[str, str], dict]:
    """The arms of all records, by experiment and name."""
    names = [file.stem for file in sorted(folder.glob("*.json"))]
    return {(name, arm): found for name in names for arm, found in reading.read(name, folder)["arms"].items()}


def _row(claim: Claim, arms: Sequence[Mapping]) -> dict[str, str]:
    starts = " against ".join(dict.fromkeys(arm["start"] for arm in arms))
    cells = (_measured(arms), _minutes(arms), _runs(*arms), claim.verdict(arms), starts)
    return dict(zip(COLUMNS, (claim.text, claim.says, claim.terms, claim.compared, *cells), strict=True))


def _measured(arms: Sequence[Mapping]) -> str:
    """At most two numbers."""
    if len(arms) == 1 and (twice := mirrored(arms[0])):
        return f"{100 * mean(arms[0]):.1f} %, with mirror images {100 * twice:.1f} %"
    return " against ".join(f"{100 * mean(arm):.1f}" for arm in arms) + " %"


def _minutes(arms: Sequence[Mapping]) -> str:
    """Of one run of each arm; once where they are alike."""
    told = [f"{arm['minutes']:.0f}" if arm["minutes"] >= 1 else "under 1" for arm in arms]
    return " and ".join(told) if len({*told}) > 1 else told[0]


def _is_fit(arm: Mapping) -> bool:
    """Whether it is one fit on frozen features, as a probe is: nothing trained in epochs, nothing drawn."""
    epochs = [n for stage in arm.get("stages", ()) for n in stage["epochs"]]
    return len(arm["test"]) == 1 and bool(epochs) and not any(epochs)


def _is_decided(a: Mapping, b: Mapping) -> bool:
    rule = exceeds_images if _is_fit(a) and _is_fit(b) else is_decided
    return rule(reading.arm("", a), reading.arm("", b))


def _runs(*arms: Mapping) -> str:
    """How many runs the arm has that has fewest: ``3 seeds``, ``5 folds``, ``one run``, ``one fit``."""
    if all(map(_is_fit, arms)):
        return "one fit"
    fewest = min(arms, key=lambda arm: len(arm["test"]))
    number = len(fewest["test"])
    return count(number, "fold" if "folds" in fewest else "seed") if number > 1 else "one run"


def _undecided(*arms: Mapping) -> str:
    """Why nothing is decided: too few runs, or too small a difference."""
    few = min(len(arm["test"]) for arm in arms) < 2 and not all(map(_is_fit, arms))
    return ("undecided: one run each" if len(arms) > 1 else "undecided: one run") if few else "undecided"
