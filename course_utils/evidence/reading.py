"""What the experiments of ``course experiment`` gave, read from their records, for tables and asserts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from course_utils.analysis.arms import Arm
from course_utils.errors import CourseError
from course_utils.tables import percent

NATIVE_PIXELS = 32  # of CIFAR-10: where a stage has no size of its own
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
    return {name: arm(name, found) for name, found in record["arms"].items()}


def arm(name: str, found: Mapping) -> Arm:
    """One arm of a record."""
    return Arm(
        name,
        scores=tuple(found["test"]),
        n_images=found["images"]["test"],
        lr=found.get("rate") or 0.0,
        seconds=60 * found["minutes"],
        folds=found.get("folds", 1),
    )


def rows(record: Mapping, only: Sequence[str] | Mapping[str, str] = ()) -> list[dict[str, object]]:
    """A row for each arm that stands, for a table. Minutes are left out: other work distorts them.

    Args:
        only: names of arms, in the order wanted, or what the table calls each; empty for all.
    """
    found = record["arms"]
    shown = only if isinstance(only, Mapping) else {name: name for name in only or found}
    return [_row(called, found[name]) for name, called in shown.items() if name in found]


def single_run(found: Mapping, called: str) -> dict[str, object]:
    """One arm as a row of a table of runs on different terms: start, pixels, epochs, accuracy."""
    pixels = (str(stage["pixels"] or NATIVE_PIXELS) for stage in found["stages"])
    return {
        "run": called,
        "start": found["start"],
        "pixels": ", then ".join(pixels),
        "epochs": sum(n for stage in found["stages"] for n in stage["epochs"]),
        "test accuracy": percent(arm(called, found).mean),
    }


def caption(record: Mapping) -> str:
    """One line that says where a record comes from."""
    images = next(iter(record["arms"].values()))["images"]
    return (
        f"Recorded, not yours: {record['data']}, {images['test']:,} test images, "
        f"{record['machine']}; `{record['command']}`"
    )


def _row(name: str, found: dict) -> dict[str, object]:
    scores = arm(name, found)
    return {
        "arm": name,
        "start": found["start"],
        "training images": f"{found['images']['train']:,}",
        "accuracy": percent(scores.mean),
        "lowest to highest": scores.range_text,
    }
