"""Tables that sum the zoo up: errors by their conditions, ideas by year, supervision, licences, cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from course_utils.tables import percent
from course_utils.zoo.choosing import Case, recommend
from course_utils.zoo.entries import ENTRIES, Entry
from course_utils.zoo.published import RECORDS, WIDESPREAD, best_single, card, origin
from course_utils.zoo.rows import gmac_text

HISTORY = {  # network: what was new in it
    "LeNet-5": "convolutions, pooling and linear layers, end to end",
    "AlexNet": "size, GPUs, ReLU and dropout together",
    "VGG16": "only 3x3 kernels",
    "GoogLeNet": "kernels side by side, 1x1 to save",
    "ResNet-18": "shortcuts",
    "ResNet-152": "shortcuts at depth",
    "DenseNet-121": "all earlier maps as input",
    "MobileNet v1": "depthwise separable convolutions",
    "MobileNet v2": "shortcuts between narrow layers",
    "EfficientNet B0": "search, then compound scaling",
    "ViT-B/16 (1k)": "patches as tokens",
    "DeiT-B": "a recipe for ImageNet-1k alone",
    "Swin-T": "shifted windows",
    "ConvNeXt-T": "a CNN by Transformers' lessons",
}
SELLING = {True: "allowed", False: "forbidden", None: "read the terms"}
EXAMPLES = 3


def told_and_found() -> list[dict]:
    """The errors that tutorials hand on, what they were measured with, and the best of one network."""
    rows = []
    for model, told in WIDESPREAD.items():
        record, single = origin(model, told), best_single(model)
        rows.append(
            {
                "model": model,
                "as told": told,
                "how that was measured": record.conditions if record else "in no table that we read",
                "one network alone": f"{single.error:.2f}",
                "how": single.conditions,
                "source": single.source,
            }
        )
    return rows


def groups(alike: Callable[[int], Sequence[int]] | None = None) -> list[tuple[int, ...]]:
    """The records sorted into groups, the largest first.

    Args:
        alike: gives the positions of those that compare with one; ``None``: those of the same conditions.
    """
    found = {tuple((alike or _of_its_conditions)(row)) for row in range(len(RECORDS))}
    return sorted(found, key=lambda rows: (-len(rows), rows))


def _of_its_conditions(row: int) -> list[int]:
    return [i for i, record in enumerate(RECORDS) if record.conditions == RECORDS[row].conditions]


def group_rows(found: Sequence[Sequence[int]]) -> list[dict]:
    """A row for each group of records: how many, under which conditions, with which errors."""
    return [
        {
            "rows": len(rows),
            "conditions": RECORDS[rows[0]].conditions,
            "top-5 error (%)": "; ".join(f"{RECORDS[i].model} {RECORDS[i].error:.2f}" for i in rows),
        }
        for rows in found
    ]


def in_short(facts: Mapping) -> str:
    """One set of weights in a line: year, tag, cost, accuracy."""
    cost = f"{facts['parameters (M)']:.2f} M parameters, {facts['GMAC']:.2f} GMAC at {facts['size']} px"
    accuracy = f"top-1 {percent(facts['top-1'])}" if facts["top-1"] else "top-1 not known to us"
    return f"{facts['model']} ({facts['year']}, {facts['weights']}): {cost}, {accuracy}"


def history(facts: Mapping[str, Mapping]) -> list[dict]:
    """What was new, network by network and year by year, with what is published of one set of its weights.

    Args:
        facts: those of :func:`course_utils.zoo.rows.published_facts`, by name.
    """
    by_year = sorted((facts[name] for name in HISTORY), key=lambda row: row["year"])
    return [
        {
            "year": str(row["year"]),
            "network": row["model"],
            "what was new": HISTORY[row["model"]],
            "parameters (M)": f"{row['parameters (M)']:.2f}",
            "GMAC": gmac_text(row["GMAC"]),
            "top-1": percent(row["top-1"]),
            "weights": row["weights"],
        }
        for row in by_year
    ]


def by_supervision() -> list[dict]:
    """What told the networks of the zoo what to learn: how many sets of weights, and some of them."""
    trained = [entry for entry in ENTRIES if entry.tag]
    kinds = dict.fromkeys(entry.labels for entry in trained)
    return [
        {"learned from": kind, **_tally([entry for entry in trained if entry.labels == kind])}
        for kind in kinds
    ]


def by_licence() -> list[dict]:
    """The licences as the libraries label them, what they say on selling, and some weights of each."""
    found: dict[str, list[Entry]] = {}
    for entry in ENTRIES:
        if entry.tag:
            found.setdefault(card(entry).licence, []).append(entry)
    return [
        {"licence": licence, "selling, by the licence": SELLING[card(some[0]).commercial], **_tally(some)}
        for licence, some in found.items()
    ]


def recommended(cases: Mapping[str, Case], rows: Sequence[dict], most: int = 2) -> list[dict]:
    """The first candidates of :func:`recommend` for each case, as rows of a table."""
    facts = {row["model"]: row for row in rows}
    return [
        {
            "case": title,
            "weights": candidate.name,
            "top-1": percent(facts[candidate.name]["top-1"]),
            "GMAC": f"{facts[candidate.name]['GMAC']:.2f}",
            "pixels": facts[candidate.name]["size"],
            "licence": facts[candidate.name]["licence"],
            "watch": ", ".join(_watched(candidate.cautions)) or "–",
        }
        for title, case in cases.items()
        for candidate in recommend(rows, case, most)
    ]


def accuracies_by_size(rows: Sequence[Mapping[str, str]]) -> dict[str, dict[int, float]]:
    """A table of ``weights`` and columns such as ``32 px`` as numbers: fractions by pixels, by weights."""
    return {
        row["weights"]: {
            int(column.split()[0]): float(text.split()[0]) / 100
            for column, text in row.items()
            if column != "weights"
        }
        for row in rows
    }


def ahead(rows: Sequence[Mapping[str, str]], place: int) -> str:
    """Which weights are ahead at the smallest (0) or the largest (-1) size of such a table, in words."""
    size = list(rows[0])[1:][place]
    best, other, *_ = sorted(rows, key=lambda row: -float(row[size].split()[0]))
    return f"{best['weights']}: {best[size]} against {other[size]} at {size}"


def _watched(cautions: Sequence[str]) -> list[str]:
    """The cautions, that on the licence without its name, which has a column of its own."""
    return ["read the terms" if caution.startswith("licence ") else caution for caution in cautions]


def _tally(entries: Sequence[Entry]) -> dict:
    """How many entries, and some of them with the pictures that they were trained on."""
    some = entries if len(entries) <= EXAMPLES else [entries[0], *entries[1 - EXAMPLES :]]
    names = [f"{entry.name} [{entry.trained_on}]" for entry in some]
    return {"sets of weights": len(entries), "for example": "; ".join(names)}
