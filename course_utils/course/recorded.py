"""Results of real runs: written by a notebook as it goes, shown beside the student's own numbers."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from course_utils.storage import write_text

FOLDER = Path(__file__).parents[1] / "recorded"
RESULTS_VARIABLE = "COURSE_RESULTS"


def keep(name: str, value: object, header: dict) -> None:
    """Add one result to the file named by ``$COURSE_RESULTS``; do nothing where it is not set.

    Args:
        name: of the result, for example ``"control"``.
        value: anything that JSON can hold.
        header: what the whole run has in common (notebook, data, weights, budget, seed).
    """
    target = os.environ.get(RESULTS_VARIABLE)
    if not target:
        return
    path = Path(target)
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"results": {}}
    content.update(header)
    content["results"][name] = value
    write_json(path, content)


def renew(path: Path, results: dict, facts: dict) -> None:
    """Put some results of a later run into a record; the others stay, each with the facts of its own run.

    Args:
        results: by name.
        facts: machine, versions, command and seconds of the later run.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    content["results"].update(results)
    content["renewed"] = content.get("renewed", {}) | dict.fromkeys(results, facts)
    write_json(path, content)


def read(notebook: str, name: str) -> tuple[Any, dict] | None:
    """The recorded result ``name`` of ``notebook`` and the facts of its run, from the largest budget.

    Returns:
        ``(value, facts)``, or ``None`` if none was recorded. ``facts`` holds data, weights, budget,
        machine, versions and command.
    """
    for budget in ("gpu", "cpu"):
        path = FOLDER / f"{notebook}.{budget}.json"
        if not path.exists():
            continue
        content = json.loads(path.read_text(encoding="utf-8"))
        if name in content["results"]:
            later = content.pop("renewed", {}).get(name, {})
            return content.pop("results")[name], content | later
    return None


def describe(facts: dict, n_train: int | None = None) -> str:
    """One line that says where a recorded result comes from."""
    images = f", {n_train:,} training images" if n_train else ""
    return f"Recorded, not yours: {facts['data']}{images}, {facts['weights']}, {facts['machine']}."


def write_json(path: Path, content: object) -> None:
    """Write ``content`` so that an interrupt leaves the old file or the new one, never half of it."""
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_text(path, text)
