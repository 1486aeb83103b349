"""How much to do: numbers for each experiment of each notebook, in four presets."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from course_utils.environ import is_grading
from course_utils.errors import CourseError

TABLE = Path(__file__).parent / "budgets.toml"
PRESETS = ("smoke", "cpu", "gpu", "grade")
OPTIONAL = "data.size"  # pixels to cut photographs of mixed sizes to; no preset sets it


def choose_preset(budget: str = "auto", has_gpu: bool = False) -> str:
    """Resolve ``auto``: ``grade`` under nbgrader, ``gpu`` where there is one, else ``cpu``.

    Raises:
        CourseError: for a name that is no preset.
    """
    if is_grading():
        return "grade"
    if budget == "auto":
        return "gpu" if has_gpu else "cpu"
    if budget not in PRESETS:
        raise CourseError(f"unknown budget {budget!r}.", expected="auto, " + ", ".join(PRESETS))
    return budget


def load_plan(notebook: str, preset: str, overrides: dict | None = None) -> SimpleNamespace:
    """The numbers of every experiment of ``notebook`` at ``preset``.

    Args:
        overrides: ``{"epochs": 60}`` changes every experiment that has ``epochs``;
            ``{"control.epochs": 60}`` changes one.

    Returns:
        A namespace of namespaces: ``plan.control.epochs``.

    Raises:
        CourseError: if the notebook has no such budget, or an override matches nothing, or has a value that
            no number there could have.
    """
    experiments = tomllib.loads(TABLE.read_text(encoding="utf-8")).get(notebook, {})
    lacking = [name for name, table in experiments.items() if preset not in table]
    if lacking or not experiments:
        found = f"no {preset} in {', '.join(lacking)}" if lacking else "no table"
        raise CourseError(
            f"{notebook} has no budget {preset!r} in course_utils/course/budgets.toml.", found=found
        )
    plan = {name: dict(table[preset]) for name, table in experiments.items()}
    for key, value in (overrides or {}).items():
        experiment, _, number = key.rpartition(".")
        hits = [p for name, p in plan.items() if number in p and experiment in ("", name)]
        if key == OPTIONAL:
            hits = [plan["data"]]
        if not hits:
            known = sorted({f"{name}.{n}" for name, p in plan.items() for n in p} | {OPTIONAL})
            raise CourseError(
                f"nothing to override by {key!r} in {notebook}.",
                expected=", ".join(known),
                found=key,
                do="write one of these names",
            )
        for numbers in hits:
            _refuse_unlike(key, value, numbers.get(number, 1))
            numbers[number] = value
    return SimpleNamespace(**{name: SimpleNamespace(**numbers) for name, numbers in plan.items()})


def _refuse_unlike(key: object, value: Any, like: object) -> None:
    """Refuse a value of another kind than the preset's, or below what any preset could have."""
    wanted = "a whole number of 1 or more"
    fits = _is_number(value, int) and value >= 1
    if isinstance(like, float):
        wanted, fits = "a number above 0", _is_number(value, float) and 0 < value < float("inf")
    if isinstance(like, list):
        wanted = f"a list such as {like}"
        fits = isinstance(value, list | tuple) and len(value) > 0
        for one in value if fits else ():
            _refuse_unlike(key, one, like[0])
    if isinstance(like, str):
        wanted, fits = "a name", isinstance(value, str)
    if not fits:
        raise CourseError(f"{key} cannot be {value!r}.", expected=wanted, do="change the override")


def _is_number(value: object, kind: type) -> bool:
    return type(value) is int or (kind is float and type(value) is float)
