"""What the course folder says of itself: nbgrader's configuration, the version, where Colab finds it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from traitlets.config import Config, PyFileConfigLoader

from course_utils.errors import BuildError

CONFIG = "nbgrader_config.py"


def course_version(root: Path) -> str:
    """The version in ``pyproject.toml``, which notebooks carry."""
    return _project(root)["project"]["version"]


def colab_repository(root: Path) -> str:
    """The setting ``colab`` in ``pyproject.toml``; empty where the course is not on Colab."""
    return _project(root).get("tool", {}).get("course", {}).get("colab", "")


def load_config(root: Path) -> Config:
    """nbgrader's configuration, loaded strictly; nbgrader itself only logs an error and goes on.

    Raises:
        BuildError: if the file is missing or does not run.
    """
    try:
        return PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    except Exception as problem:
        raise BuildError(
            f"{CONFIG} cannot be loaded.", found=f"{type(problem).__name__}: {problem}"
        ) from None


def _project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
