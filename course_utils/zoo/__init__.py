"""The model zoo: one entry for each set of published weights, what is known of it, and how it is built.

Start reading in ``entries.py``, then ``building.py`` (``build``).
"""

from __future__ import annotations

from course_utils.zoo.building import build
from course_utils.zoo.choosing import Case, recommend
from course_utils.zoo.entries import CAPTIONS, ENTRIES, FAMILIES, NAMES, UNLABELLED, Entry, find, select
from course_utils.zoo.hub import Availability, address, availability, cached_file, download
from course_utils.zoo.mocov3 import position_embedding
from course_utils.zoo.published import (
    RECORDS,
    WIDESPREAD,
    Card,
    Record,
    best_single,
    card,
    origin,
    torchvision_accuracies,
)
from course_utils.zoo.rows import filter_rows, plain_table, published_facts, published_row, zoo_row
from course_utils.zoo.summaries import (
    accuracies_by_size,
    ahead,
    by_licence,
    by_supervision,
    group_rows,
    groups,
    history,
    in_short,
    recommended,
    told_and_found,
)

__all__ = [
    "Availability",
    "CAPTIONS",
    "Card",
    "Case",
    "ENTRIES",
    "Entry",
    "FAMILIES",
    "NAMES",
    "RECORDS",
    "Record",
    "UNLABELLED",
    "WIDESPREAD",
    "accuracies_by_size",
    "address",
    "ahead",
    "availability",
    "best_single",
    "build",
    "by_licence",
    "by_supervision",
    "cached_file",
    "card",
    "download",
    "filter_rows",
    "find",
    "group_rows",
    "groups",
    "history",
    "in_short",
    "origin",
    "plain_table",
    "position_embedding",
    "published_facts",
    "published_row",
    "recommend",
    "recommended",
    "select",
    "told_and_found",
    "torchvision_accuracies",
    "zoo_row",
]
