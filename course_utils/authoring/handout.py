"""What students get: the package as a wheel, their notebooks, requirements, the licence; no solutions."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from course_utils.authoring.claims import PAGE as CLAIMS
from course_utils.authoring.configuration import handout_repository
from course_utils.authoring.online import binder_files, links
from course_utils.authoring.release import check
from course_utils.authoring.target import filled
from course_utils.authoring.wheels import download_wheels
from course_utils.errors import BuildError
from course_utils.storage import write_text

TOOLS = ("jupyterlab", "ipykernel")  # what students need beside the package's own dependencies
ROOM = 100_000_000  # bytes: the wheel takes 26 million, and as much while it is built
INSTRUCTORS = ("grading", "authoring")  # parts of the package that no student's command needs
README = """# {name} {version}

Python 3.11 or newer. In this folder:

    python -m venv .venv
    .venv/bin/python -m pip install -r requirements.txt
    .venv/bin/jupyter lab notebooks

On Windows write `.venv\\Scripts\\python` and `.venv\\Scripts\\jupyter`. Without an NVIDIA card, run

    .venv/bin/python -m pip install torch=={torch} torchvision=={torchvision} --index-url https://download.pytorch.org/whl/cpu

before the second line: it saves a few gigabytes. `.venv/bin/course doctor` tells what is missing.

Before you hand a notebook in, `.venv/bin/course check notebooks/NAME/NAME.ipynb` tells whether it can be
graded as it is.

Where JupyterLab shows the buttons *Validate* and *Create Assignment*, it runs in an instructor's environment.
You need neither: make one of your own as above, or switch them off with
`jupyter labextension disable @jupyter/nbgrader`.

## Terms

Code and texts come under the licence in `LICENSE` ({license}); data and weights under their own terms:

| what | terms |
|---|---|
| drawn cartoons | drawn by the package; its own licence |
| small weights in the package | trained on Tiny ImageNet, under ImageNet's terms: research and teaching; no picture is in the package |
| ImageNet weights (`course fetch resnet18`, `alexnet`, ...) | torchvision's, trained on ImageNet: research and teaching |
| EfficientNet-Lite0's weights (installed beside the package) | trained on ImageNet by its authors; Apache-2.0 |
| CIFAR-10 (`course fetch cifar10`) | its host states none; cite A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009 |
| hot dogs (`course fetch hotdog`) | from *Dive into Deep Learning*; its host states none for the pictures |

Data and weights are downloaded by you from their hosts; none is in this folder but the small weights.
"""  # noqa: E501, rows of a table
ONLINE = """
Or without installing anything:

{links}
"""


def make_handout(root: Path, folder: Path, offline: bool = False) -> list[Path]:
    """Write the hand-out into a new or empty folder.

    Args:
        root: the course folder; its notebooks must be as built from the text.
        offline: add wheels of all that students need, for this system and Python.

    Returns:
        The files that were made.

    Raises:
        BuildError: if the folder is not empty, a notebook has drifted, or pip cannot build or download.
        EnvironmentProblem: if the folder cannot be written, or has no room.
    """
    folder = folder.resolve()  # pip works elsewhere
    with filled(folder, ROOM):
        _fill(root, folder, offline)
    return sorted(p for p in folder.rglob("*") if p.is_file())


def _fill(root: Path, folder: Path, offline: bool) -> None:
    names = check(root)
    wheel = _build_wheel(root, folder)
    for name in names:
        target = folder / "notebooks" / name
        target.mkdir(parents=True)
        shutil.copy(root / "notebooks" / name / f"{name}.ipynb", target)
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = _requirements(root, project, wheel)
    files = {"requirements.txt": requirements}
    text = README.format(**project, **pins(root / "requirements.txt"))
    if repository := handout_repository(root):
        files |= binder_files(requirements, project["requires-python"].removeprefix(">="))
        text += ONLINE.format(links="\n".join(f"- {name}: {links(repository, name)}" for name in names))
    for path, content in files.items():
        write_text(folder / path, content)
    if offline:
        text += download_wheels(folder)
    write_text(folder / "README.md", text)
    shutil.copy(root / "LICENSE", folder)
    if (root / CLAIMS).exists():  # the notebooks name its claims
        (folder / "docs").mkdir()
        shutil.copy(root / CLAIMS, folder / CLAIMS)


def pins(requirements: Path) -> dict[str, str]:
    """The ``name==version`` lines of a requirements file, comments left out."""
    lines = (line.partition("#")[0].strip() for line in requirements.read_text(encoding="utf-8").splitlines())
    return dict(line.split("==") for line in lines if line)


def _build_wheel(root: Path, folder: Path) -> Path:
    """Build from a copy that holds nothing but the package, so that nothing else can get in."""
    with tempfile.TemporaryDirectory() as clean:
        shutil.copytree(
            root / "course_utils",
            Path(clean, "course_utils"),
            ignore=shutil.ignore_patterns("__pycache__", "*.part", *INSTRUCTORS),
        )
        for name in ("pyproject.toml", "LICENSE"):
            shutil.copy(root / name, clean)
        command = [sys.executable, "-m", "pip", "wheel", clean, "--no-deps", "--no-build-isolation"]
        result = subprocess.run([*command, "--wheel-dir", folder], capture_output=True, text=True, cwd=clean)
    if result.returncode:
        raise BuildError(
            "the wheel cannot be built.",
            found=result.stderr.strip(),
            do="pip install -r requirements.txt",
        )
    return next(folder.glob("*.whl"))


def _requirements(root: Path, project: dict, wheel: Path) -> str:
    """The course's own pins of what students need, and the wheel."""
    needed = [re.split(r"[<>=\[ ]", text)[0] for text in project["dependencies"]] + list(TOOLS)
    pinned = pins(root / "requirements.txt")
    return "\n".join([*(f"{name}=={pinned[name]}" for name in needed), f"./{wheel.name}"]) + "\n"
