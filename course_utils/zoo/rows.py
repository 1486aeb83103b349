"""Rows of the zoo: published and counted facts of each entry, filtered, sorted, recommended for a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn
from torchvision.models import get_model_weights

from course_utils.errors import CourseError
from course_utils.models.cost import accepts, last_map, multiply_adds, on_meta, smallest_input
from course_utils.models.freezing import count_parameters
from course_utils.models.heads import find_head
from course_utils.tables import percent, table
from course_utils.zoo.building import build
from course_utils.zoo.entries import CAPTIONS, Entry
from course_utils.zoo.published import card

COLUMNS = (
    "model", "weights", "family", "year", "parameters (M)", "head", "GMAC", "size", "accepts",
    "last map at 32 px", "top-1", "trained on", "labels", "licence",
)  # fmt: skip
COMMERCIAL = {True: "yes", False: "no", None: "read them"}
NO_HEAD = "none"
ALL = "all families"
STEP = 32  # pixels; a network that takes its smallest size and this much more has no fixed size
LENET_CLASSES = 10


@dataclass(frozen=True)
class Case:
    """What a project allows. Whatever is left at ``None`` is no constraint.

    Attributes:
        parameters: at most so many (millions).
        multiply_adds: at most so many for an image at the size it was trained for (10^9).
        size: side of the pictures in pixels.
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
        rows: from :func:`course_utils.zoo.rows.zoo_row`, with counted costs.

    Raises:
        CourseError: if nothing meets the constraints; names the one that excludes most.
    """
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
    if case.commercial and row["commercial"] == "no":
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
    said = f"{accuracy:.1%} top-1 on ImageNet" if accuracy else "no comparable ImageNet number"
    bare = " without a head" if row["head"] == NO_HEAD else ""
    cost = f"{row['parameters (M)']:.1f} M parameters{bare}, {row['GMAC']:.2f} GMAC at {row['size']} px"
    return said, cost, f"{row['trained on']} ({row['labels']})"


def _cautions(row: dict, case: Case) -> tuple[str, ...]:
    found = []
    if case.commercial and row["commercial"] == "read them":
        found.append(f"licence {row['licence']}: read the terms")
    if row["excludes"]:
        found.append(f"its card excludes {row['excludes']}")
    if case.size and case.size < row["smallest"]:
        found.append(f"takes {row['smallest']} px at least: enlarge, or rebuild with small patches")
    elif case.size and case.size < row["size"] / 2:
        found.append(f"made for {row['size']} px: try enlarged pictures too")
    return tuple(found)


def zoo_row(entry: Entry) -> dict:
    """Published and counted facts of one entry; nothing is downloaded, no weight is stored.

    ``parameters (M)`` counts millions of the network as it was published, with the head that came with
    its weights; ``head`` tells how many classes that one has, or ``none`` where none came with them (then
    the number is that of the backbone; CLIP's is a projection into the space of its texts). ``GMAC`` counts
    billions of multiply-adds for an image at ``size`` pixels and at 32, where Transformers are rebuilt with
    small patches; ``last map`` is the side of the last feature map at these two sizes, ``accepts`` what the
    published network takes: ``63 up``, or ``224 only``.
    """
    facts = card(entry)
    stock = on_meta(lambda: build(entry.name, size=entry.size))
    small = on_meta(lambda: build(entry.name, size=32))
    smallest = smallest_input(stock, entry.size)
    return {
        "model": entry.name,
        "weights": entry.tag or "none",
        "family": entry.family,
        "year": entry.year,
        "parameters (M)": published_parameters(entry, stock) / 1e6,
        "head": _head(entry),
        "GMAC": multiply_adds(stock, entry.size) / 1e9,
        "size": entry.size,
        "GMAC at 32": multiply_adds(small, 32) / 1e9,
        "last map": _sides(last_map(stock, entry.size)),
        "last map at 32 px": _sides(last_map(small, 32)),
        "smallest": smallest,
        "accepts": f"{smallest} up" if accepts(stock, smallest + STEP) else f"{smallest} only",
        "top-1": facts.top1,
        "top-5": facts.top5,
        "conditions": facts.conditions,
        "source": facts.source,
        "trained on": entry.trained_on,
        "labels": entry.labels,
        "licence": facts.licence,
        "commercial": COMMERCIAL[facts.commercial],
        "excludes": facts.excludes,
        "tag": entry.tag,
        "library": entry.library,
    }


def published_row(entry: Entry) -> dict[str, str]:
    """What is known of one entry without a run, as text: cost, pictures, labels, licence, accuracy.

    Parameters and multiply-adds are those that torchvision states; for the others they are counted, and
    ``no head`` marks the parameters of a backbone alone.
    """
    facts = card(entry)
    if entry.library == "torchvision":
        meta = get_model_weights(entry.builder)[entry.tag].meta
        parameters, cost, bare = meta["num_params"] / 1e6, meta["_ops"], ""
    else:
        model = on_meta(lambda: build(entry.name, size=entry.size))
        parameters, cost = published_parameters(entry, model) / 1e6, multiply_adds(model, entry.size) / 1e9
        bare = "" if published_classes(entry) else ", no head"
    return {
        "weights": entry.name,
        "tag": entry.tag or "none",
        "parameters (M)": f"{parameters:.1f}{bare}",
        "GMAC": f"{cost:.2f}",
        "pixels": str(entry.size),
        "trained on": entry.trained_on,
        "labels": entry.labels,
        "licence": facts.licence + ("; see its card" if facts.excludes else ""),
        "top-1": percent(facts.top1),
    }


def published_parameters(entry: Entry, model: nn.Module) -> int:
    """Parameters of the network that the weights were published for, with as many classes as it has.

    Args:
        model: the entry's, with a head of any number of classes.
    """
    head, classes = find_head(model), published_classes(entry)
    outputs = len(next(head.parameters()))
    size = count_parameters(head) // outputs  # a class's share: its weights and its bias
    return count_parameters(model) + (classes - outputs) * size


def published_classes(entry: Entry) -> int:
    """Outputs of the head that came with the weights; 0 where they came without one."""
    if entry.library == "torchvision":
        return 1000
    if entry.library == "timm":
        import timm

        config = timm.get_pretrained_cfg(f"{entry.builder}.{entry.tag}")
        return config.num_classes if config else 0
    return 0 if entry.tag else LENET_CLASSES


def filter_rows(
    rows: Sequence[dict],
    family: str = ALL,
    words: str = "",
    most_parameters: float = float("inf"),
    by: str = "year",
    descending: bool = False,
) -> list[dict]:
    """Rows of one family, with all ``words`` somewhere in them, sorted; rows without a value last.

    Args:
        most_parameters: in millions.
        by: a column.
    """
    wanted = [
        row
        for row in rows
        if family in (ALL, row["family"])
        and row["parameters (M)"] <= most_parameters
        and all(word in _searched(row) for word in words.lower().split())
    ]
    known = [row for row in wanted if row[by] is not None]
    unknown = [row for row in wanted if row[by] is None]
    return sorted(known, key=lambda row: row[by], reverse=descending) + unknown


def plain_table(rows: Sequence[dict], columns: Sequence[str] = COLUMNS) -> str:
    """The rows as aligned text."""
    return table([{column: format_cell(row[column], column) for column in columns} for row in rows])


def format_cell(value: object, column: str) -> str:
    """A value as the table prints it: accuracies in per cent, a dash for what is not known."""
    if value is None:
        return "-"
    if column in ("top-1", "top-5"):
        return f"{value:.1%}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _head(entry: Entry) -> str:
    outputs = published_classes(entry)
    if entry.labels == CAPTIONS and outputs:
        return f"projection to {outputs}"
    return f"{outputs:,} classes" if outputs else NO_HEAD


def _sides(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _searched(row: dict) -> str:
    return " ".join(str(value) for value in row.values()).lower()
