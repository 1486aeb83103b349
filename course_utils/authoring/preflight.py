"""What a headless run was given, looked at before anything starts: output folder, data, weights, settings."""

from __future__ import annotations

import contextlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from course_utils.course import recorded
from course_utils.course.budget import TABLE, choose_preset, load_plan
from course_utils.errors import CourseError, DataError, WeightsError
from course_utils.readable import require_archive, require_whole_weights
from course_utils.storage import require_room

NO_FILES = ("auto", "cartoons")  # data that are always there
NO_WEIGHTS_FILE = ("auto", "small", "none")
KEEPS = re.compile(r"""\.keep\(\s*["']([^"']+)""")  # session.keep("NAME", ...)
ROOM = 20_000_000  # bytes for the notebook, page and results of a chapter; most need 5 million


def require(notebooks: Sequence[str], out: Path, parameters: Mapping) -> None:
    """Look at everything that each of the notebooks would look at first, once for all of them.

    Data and weights are read with the functions that the notebooks call; what was decoded is then cached.

    Args:
        notebooks: names of chapters; one without a budget table is left alone.
        parameters: budget, data, weights, seed, overrides.

    Raises:
        CourseError: for the first thing that would fail; no new folder is left then.
    """
    data, weights = str(parameters["data"]), str(parameters["weights"])
    require_files(data, weights)
    new = not out.exists()
    try:
        require_room(out, len(notebooks) * ROOM, do="choose another folder with --out")
        _require_what_is_loaded(notebooks, parameters)
    except CourseError:
        if new:
            with contextlib.suppress(OSError):  # it could not be made
                out.rmdir()
        raise


def _require_what_is_loaded(notebooks: Sequence[str], parameters: Mapping) -> None:
    """Plan, images and weights, as the notebooks will load them."""
    known = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    for name in notebooks:
        if name in known:
            _require_plan_and_data(name, str(parameters["data"]), parameters)
    if (weights := str(parameters["weights"])) not in NO_WEIGHTS_FILE:
        from course_utils.models.weights import find_weights

        find_weights(weights)


def require_files(data: str, weights: str) -> None:
    """Whether a path leads to a file that can be read: without torch, whose import takes longer than that."""
    if data not in (*NO_FILES, "cifar10", "hotdog"):
        if not Path(data).exists():
            raise DataError(
                f"no data at {data}.",
                expected="a folder or zip of images, or auto, cartoons, cifar10, hotdog",
                found=f"nothing at {Path(data).resolve()}",
                do="correct the path; `course fetch cifar10` brings CIFAR-10",
            )
        if Path(data).is_file():
            require_archive(Path(data))
    if weights not in (*NO_WEIGHTS_FILE, "imagenet"):
        if not Path(weights).is_file():
            raise WeightsError(
                f"no weights at {weights}.",
                expected="auto, small, imagenet, none, or a .safetensors, .pt or .pth file",
                found=f"no file at {Path(weights).resolve()}",
                do="correct the path; `course fetch resnet18` brings those of ImageNet",
            )
        require_whole_weights(Path(weights))


def require_results(
    notebooks: Sequence[Path], budget: str, only: Sequence[str], folder: Path = recorded.FOLDER
) -> None:
    """Whether ``only`` can be renewed: each notebook has a record, and one of them keeps each result.

    Args:
        notebooks: instructor editions.
        only: names of results.
        folder: where the records are.

    Raises:
        DataError: naming the notebooks without a record, or the results that there are.
    """
    import torch

    preset = choose_preset(budget, torch.cuda.is_available())
    without = [path.stem for path in notebooks if not (folder / f"{path.stem}.{preset}.json").exists()]
    if without:
        raise DataError(
            f"{', '.join(without)}: no record to renew.",
            expected=f"a record at budget {preset}",
            do="name the notebooks that have one, or leave --only out",
        )
    kept = [name for path in notebooks for name in _kept_by(path)]
    unknown = [name for name in only if name not in kept]
    if unknown:
        raise DataError(
            f"no chosen notebook keeps a result named {', '.join(unknown)}.",
            expected=", ".join(dict.fromkeys(kept)),
            do="write one of these names after --only",
        )


def _kept_by(notebook: Path) -> list[str]:
    """The names of the results that a notebook keeps, in order."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [name for cell in cells for name in KEEPS.findall("".join(cell["source"]))]


def _require_plan_and_data(name: str, data: str, parameters: Mapping) -> None:
    budget, overrides = parameters["budget"], parameters["overrides"]
    if data in NO_FILES:  # without torch
        load_plan(name, choose_preset(budget), overrides)
        return
    import torch

    from course_utils.data.inspection import require_usable
    from course_utils.data.loading import load_data

    plan = load_plan(name, choose_preset(budget, torch.cuda.is_available()), overrides)
    require_usable(load_data(data, seed=parameters["seed"], **vars(plan.data)))
