"""The model zoo: one entry for each set of published weights, what is known of it, and how it is built.

Start reading in ``entries.py``, then ``building.py`` (``build``).
"""

from __future__ import annotations

from course_utils.zoo.building import build
from course_utils.zoo.entries import CAPTIONS, ENTRIES, FAMILIES, NAMES, UNLABELLED, Entry, find, select
from course_utils.zoo.hub import Availability, address, availability, cached_file, download
from course_utils.zoo.mocov3 import position_embedding
from course_utils.zoo.published import (
    RECORDS,
    SEVERAL_SCALES,
    WIDESPREAD,
    Card,
    Record,
    best_single,
    card,
    origin,
    torchvision_accuracies,
)
from course_utils.zoo.rows import Case, filter_rows, plain_table, published_row, recommend, zoo_row

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
    "SEVERAL_SCALES",
    "UNLABELLED",
    "WIDESPREAD",
    "address",
    "availability",
    "best_single",
    "build",
    "cached_file",
    "card",
    "download",
    "filter_rows",
    "find",
    "origin",
    "plain_table",
    "position_embedding",
    "published_row",
    "recommend",
    "select",
    "torchvision_accuracies",
    "zoo_row",
]
