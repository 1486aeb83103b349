"""What the course folder says of itself: configuration, version, where its hand-out is online."""

from __future__ import annotations

import tomllib
from pathlib import Path

from traitlets.config import Config, PyFileConfigLoader

from course_utils.errors import BuildError

CONFIG = "nbgrader_config.py"


def course_version(root: Path) -> str:
    """The version in ``pyproject.toml``, which notebooks carry."""
    return _project(root)["project"]["version"]


def handout_repository(root: Path) -> str:
    """The setting ``handout`` in ``pyproject.toml``; empty where the hand-out is not online."""
    return _project(root).get("tool", {}).get("course", {}).get("handout", "")


def load_config(root: Path) -> Config:
    """nbgrader's configuration, loaded strictly; nbgrader itself only logs an error and goes on.

    Raises:
        BuildError: if the file is missing, does not run, or names another gradebook.
    """
    try:
        config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    except Exception as problem:
        raise BuildError(
            f"{CONFIG} cannot be loaded.", found=f"{type(problem).__name__}: {problem}"
        ) from None
    if other := config.get("CourseDirectory", {}).get("db_url"):
        raise BuildError(
            f"{CONFIG} names another gradebook.",
            expected="gradebook.db in the course folder, which every command of the course uses",
            found=f"c.CourseDirectory.db_url = {other!r}",
            do="delete that line, and put the gradebook that you have into its place",
        )
    return config


def _project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
