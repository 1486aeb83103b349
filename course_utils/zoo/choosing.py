"""Weights for a case: which rows of the zoo meet its constraints, in which order, and what to watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from course_utils.errors import CourseError
from course_utils.tables import percent
from course_utils.zoo.rows import COMMERCIAL, NO_HEAD


@dataclass(frozen=True)
class Case:
    """What a project allows. Whatever is left at ``None`` is no constraint.

    Attributes:
        parameters: at most so many (millions).
        multiply_adds: at most so many for an image at the size it was trained for (10^9).
        size: side of the pictures in pixels; it excludes nothing, and decides what to watch for.
        commercial: the product is sold.
        labels: which supervision is allowed behind the weights, such as ``("no labels",)``.
        texts: classes are described by texts, without training pictures.
    """

    parameters: float | None = None
    multiply_adds: float | None = None
    size: int | None = None
    commercial: bool = False
    labels: Sequence[str] | None = None
    texts: bool = False


@dataclass(frozen=True)
class Candidate:
    """A row that meets the constraints, with what speaks for it and what to watch."""

    name: str
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]

    def __str__(self) -> str:
        watch = f"; watch: {', '.join(self.cautions)}" if self.cautions else ""
        return f"{self.name}: {', '.join(self.reasons)}{watch}"


def recommend(rows: Sequence[dict], case: Case, most: int = 5) -> list[Candidate]:
    """Rows that meet ``case``, the published accuracy deciding their order; never one fixed answer.

    Rows without a comparable published accuracy follow after those that have one: their order
    says nothing. Where the product is sold, rows come first whose licence allows it and whose card
    excludes nothing; after them those whose terms are yet to be read. Compare the candidates on your own
    validation images.

    Args:
        rows: from :func:`course_utils.zoo.rows.published_facts`.

    Raises:
        CourseError: if there are no rows, or none meets the constraints; names the one that excludes most.
    """
    if not rows:
        raise CourseError("there are no rows to choose from.", do="pass rows from published_facts")
    refusals = {row["model"]: _refused(row, case) for row in rows}
    fitting = [row for row in rows if not refusals[row["model"]]]
    if not fitting:
        reasons = [reason for found in refusals.values() for reason in found]
        hardest = max(set(reasons), key=reasons.count)
        raise CourseError(
            "no row of the table meets these constraints.",
            found=f"{reasons.count(hardest)} of {len(rows)} rows: {hardest}",
            do="relax that constraint",
        )
    ordered = sorted(
        fitting, key=lambda row: (case.commercial and not _cleared(row), -(_comparable(row) or 0.0))
    )
    return [Candidate(row["model"], _reasons(row), _cautions(row, case)) for row in ordered[:most]]


def _refused(row: dict, case: Case) -> list[str]:
    found = []
    if row["tag"] == "":
        found.append("no published weights")
    if case.parameters is not None and row["parameters (M)"] > case.parameters:
        found.append("too many parameters")
    if case.multiply_adds is not None and row["GMAC"] > case.multiply_adds:
        found.append("too much compute")
    if case.commercial and row["commercial"] == COMMERCIAL[False]:
        found.append("not for commercial use")
    if case.labels is not None and row["labels"] not in case.labels:
        found.append("other supervision")
    if case.texts and row["family"] != "language-image":
        found.append("knows no texts")
    return found


def _cleared(row: dict) -> bool:
    """Whether licence and card, as they are published, let the weights be used in a product."""
    return row["commercial"] == COMMERCIAL[True] and not row["excludes"]


def _comparable(row: dict) -> float | None:
    """The published top-1 accuracy of one network and one crop; a linear probe is another matter."""
    return row["top-1"] if row["top-1"] and "probe" not in row["conditions"] else None


def _reasons(row: dict) -> tuple[str, ...]:
    accuracy = _comparable(row)
    said = f"{percent(accuracy)} top-1 on ImageNet" if accuracy else "no comparable ImageNet number"
    bare = " without a head" if row["head"] == NO_HEAD else ""
    cost = f"{row['parameters (M)']:.1f} M parameters{bare}, {row['GMAC']:.2f} GMAC at {row['size']} px"
    return said, cost, f"{row['trained on']} ({row['labels']})"


def _cautions(row: dict, case: Case) -> tuple[str, ...]:
    found = []
    if case.commercial and row["commercial"] == COMMERCIAL[None]:
        found.append(f"licence {row['licence']}: read the terms")
    if row["excludes"]:
        found.append(f"its card excludes {row['excludes']}")
    if case.size and case.size < row["smallest"]:
        found.append(f"takes {row['smallest']} px at least: enlarge, or rebuild with small patches")
    elif case.size and case.size < row["size"] / 2:
        found.append(f"made for {row['size']} px: try enlarged pictures too")
    return tuple(found)
