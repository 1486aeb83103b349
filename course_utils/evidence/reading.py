"""What the experiments of ``course experiment`` gave, read from their records, for tables and asserts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from course_utils.analysis.arms import Arm
from course_utils.errors import CourseError
from course_utils.tables import percent

RECORDS = Path(__file__).parents[1] / "recorded" / "evidence"


def read(name: str, folder: Path = RECORDS) -> dict:
    """The record of the experiment ``name``: arms, terms, data, machine, command.

    Raises:
        CourseError: if there is none.
    """
    file = folder / f"{name}.json"
    if not file.exists():
        raise CourseError(f"no record of the experiment {name!r}.", do=f"run `course experiment {name}`")
    return json.loads(file.read_text(encoding="utf-8"))


def arms(record: Mapping) -> dict[str, Arm]:
    """The arms that stand, by name; each score is one seed's, or one fold's, on test images."""
    return {arm: _arm(arm, found) for arm, found in record["arms"].items()}


def rows(record: Mapping, only: Sequence[str] = ()) -> list[dict[str, object]]:
    """A row for each arm that stands, for a table.

    Args:
        only: names of arms, in the order wanted; empty for all.
    """
    found = record["arms"]
    return [_row(arm, found[arm]) for arm in only or found if arm in found]


def caption(record: Mapping) -> str:
    """One line that says where a record comes from."""
    images = next(iter(record["arms"].values()))["images"]
    return (
        f"Recorded, not yours: {record['data']}, {images['test']:,} test images, "
        f"{record['machine']}; `{record['command']}`"
    )


def _arm(name: str, found: dict) -> Arm:
    images = found["images"]["test"] // found.get("folds", 1)
    return Arm(name, tuple(found["test"]), images, found.get("rate") or 0.0, 60 * found["minutes"])


def _row(name: str, found: dict) -> dict[str, object]:
    arm = _arm(name, found)
    return {
        "arm": name,
        "start": found["start"],
        "training images": f"{found['images']['train']:,}",
        "accuracy": percent(arm.mean),
        "lowest to highest": arm.range_text,
        "minutes": f"{found['minutes']:g}",
    }
