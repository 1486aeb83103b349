"""Rows of the zoo: published and counted facts of each entry, filtered and sorted."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn
from torchvision.models import get_model_weights

from course_utils.models import lite0
from course_utils.models.cost import accepts, last_map, multiply_adds, on_meta, smallest_input
from course_utils.models.freezing import count_parameters
from course_utils.models.heads import find_head
from course_utils.tables import percent, table
from course_utils.zoo.building import build
from course_utils.zoo.entries import CAPTIONS, Entry, find
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
SIZES = ("accepts", "last map", "last map at 32 px")  # columns whose texts begin with a number of pixels


def published_facts(entry: Entry) -> dict:
    """What is published of one entry, and counted where nobody states it; no run, no download.

    ``parameters (M)`` counts millions of the network as it was published, with the head that came with
    its weights; ``head`` tells how many classes that one has, or ``none`` where none came with them (then
    the number is that of the backbone; CLIP's is a projection into the space of its texts). ``GMAC`` counts
    billions of multiply-adds of that network for an image at ``size`` pixels. Both are torchvision's where it
    has the weights, and counted for the others: in what it states the two agree to the third decimal.
    """
    facts = card(entry)
    parameters, cost = _published_cost(entry.name)
    return {
        "model": entry.name,
        "weights": entry.tag or "none",
        "family": entry.family,
        "year": entry.year,
        "parameters (M)": parameters,
        "head": _head(entry),
        "GMAC": cost,
        "size": entry.size,
        "smallest": entry.size if entry.fixed_size else entry.least,
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


def zoo_row(entry: Entry) -> dict:
    """The published facts of one entry, and how its network meets small pictures; no weight is stored.

    ``GMAC at 32`` counts an image of 32 pixels, for which Transformers are rebuilt with small patches;
    ``last map`` is the side of the last feature map at the published size and at 32, ``smallest`` and
    ``accepts`` what the published network takes: ``63 up``, or ``224 only``.
    """
    stock = on_meta(lambda: build(entry.name, size=entry.size))
    small = on_meta(lambda: build(entry.name, size=32))
    smallest = smallest_input(stock, entry.size)
    return published_facts(entry) | {
        "GMAC at 32": multiply_adds(small, 32) / 1e9,
        "last map": _sides(last_map(stock, entry.size)),
        "last map at 32 px": _sides(last_map(small, 32)),
        "smallest": smallest,
        "accepts": f"{smallest} up" if accepts(stock, smallest + STEP) else f"{smallest} only",
    }


def published_row(facts: Mapping) -> dict[str, str]:
    """:func:`published_facts` as text, for a table; ``no head`` marks the parameters of a backbone alone."""
    bare = ", no head" if facts["head"] == NO_HEAD else ""
    return {
        "weights": facts["model"],
        "tag": facts["weights"],
        "parameters (M)": f"{facts['parameters (M)']:.2f}{bare}",
        "GMAC": gmac_text(facts["GMAC"]),
        "pixels": str(facts["size"]),
        "trained on": facts["trained on"],
        "labels": facts["labels"],
        "licence": facts["licence"] + ("; see its card" if facts["excludes"] else ""),
        "top-1": percent(facts["top-1"]),
    }


def gmac_text(gmac: float) -> str:
    """Two decimals, as ``0.39``; one digit that is not zero for less, as ``0.0007``."""
    return f"{gmac:.2f}" if gmac >= 0.005 else f"{gmac:.1g}"


@functools.cache
def _published_cost(name: str) -> tuple[float, float]:
    """Parameters (10^6) and multiply-adds (10^9) of the network that the weights were published for."""
    entry = find(name)
    if entry.library == "torchvision":
        meta = get_model_weights(entry.builder)[entry.tag].meta
        return meta["num_params"] / 1e6, meta["_ops"]
    model = on_meta(lambda: build(entry.name, size=entry.size))
    return published_parameters(entry, model) / 1e6, published_multiply_adds(entry, model) / 1e9


def published_parameters(entry: Entry, model: nn.Module) -> int:
    """Parameters of the network that the weights were published for, with as many classes as it has.

    Args:
        model: the entry's, with a head of any number of classes.
    """
    head, classes = find_head(model), published_classes(entry)
    outputs = len(next(head.parameters()))
    size = count_parameters(head) // outputs  # a class's share: its weights and its bias
    return count_parameters(model) + (classes - outputs) * size


def published_multiply_adds(entry: Entry, model: nn.Module) -> int:
    """Multiply-adds for one image of that network at its own size, the published head's among them.

    Args:
        model: the entry's, built for its own size, with a head of any number of classes.
    """
    weight = find_head(model).weight  # one multiply-add each: a head is used once an image
    classes = published_classes(entry)
    return multiply_adds(model, entry.size) + (classes - len(weight)) * (weight.numel() // len(weight))


def published_classes(entry: Entry) -> int:
    """Outputs of the head that came with the weights; 0 where they came without one."""
    if entry.library == "torchvision":
        return 1000
    if entry.library == "timm":
        import timm

        config = timm.get_pretrained_cfg(f"{entry.builder}.{entry.tag}")
        return config.num_classes if config else 0
    if entry.library == "moco":
        return 0
    return lite0.CLASSES if entry.builder == lite0.ARCH else LENET_CLASSES


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
    return sorted(known, key=lambda row: _sort_key(row[by], by), reverse=descending) + unknown


def plain_table(rows: Sequence[dict], columns: Sequence[str] = COLUMNS) -> str:
    """The rows as aligned text."""
    cells = [{column: format_cell(row[column], column) for column in columns} for row in rows]
    return table(cells, columns)


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


def _sort_key(value: Any, column: str) -> Any:
    """The number that a size begins with: ``63 up`` comes before ``224 only``."""
    return int(re.findall(r"\d+", value)[0]) if column in SIZES else value


def _searched(row: dict) -> str:
    return " ".join(str(value) for value in row.values()).lower()
