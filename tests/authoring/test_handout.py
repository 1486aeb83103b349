"""The hand-out: what is in it, that it installs and works, and when it is refused."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from courses import ROOT, make_course

from course_utils.authoring import handout, release, wheels
from course_utils.errors import BuildError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The sample chapter, built, with the real package beside it, and what must not get out."""
    folder = make_course(tmp_path_factory.mktemp("handout") / "course")
    shutil.copytree(ROOT / "course_utils", folder / "course_utils")
    (folder / "course_utils" / "scratch.part").touch()
    (folder / "tests").mkdir()
    (folder / "tests" / "test_secret.py").touch()
    release.build(folder)
    (folder / "docs").mkdir(exist_ok=True)
    shutil.copy(ROOT / "docs" / "claims.md", folder / "docs")
    return folder


@pytest.fixture(scope="module")
def made(course, tmp_path_factory):
    """The hand-out's folder."""
    folder = tmp_path_factory.mktemp("made") / "handout"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder.parent)
        files = handout.make_handout(course, Path(folder.name))  # as `course handout handout`
    assert files == sorted(p for p in folder.rglob("*") if p.is_file())
    return folder


def test_it_holds_a_wheel_notebooks_requirements_and_instructions(made):
    version = release.course_version(ROOT)
    assert sorted(p.relative_to(made).as_posix() for p in made.rglob("*") if p.is_file()) == [
        "LICENSE",
        "README.md",
        f"course_utils-{version}-py3-none-any.whl",
        "docs/claims.md",
        "notebooks/90_sample/90_sample.ipynb",
        "requirements.txt",
    ]


def test_the_notebook_is_the_student_edition_and_carries_the_version(made, course):
    name = "notebooks/90_sample/90_sample.ipynb"
    assert (made / name).read_bytes() == (course / name).read_bytes()
    assert nbformat.read(made / name, as_version=4).metadata.course_version == release.course_version(ROOT)


def test_requirements_are_the_courses_own_pins_without_the_instructors_tools(made):
    lines = (made / "requirements.txt").read_text(encoding="utf-8").split()
    pinned = handout.pins(ROOT / "requirements.txt")
    assert f"torch=={pinned['torch']}" in lines and f"jupyterlab=={pinned['jupyterlab']}" in lines
    assert not [line for line in lines if line.startswith(("nbgrader", "papermill", "jupytext", "pytest"))]
    assert lines[-1] == f"./{next(made.glob('*.whl')).name}"


def test_the_wheel_holds_the_package_with_its_data_and_nothing_else(made):
    names = zipfile.ZipFile(next(made.glob("*.whl"))).namelist()
    assert {n.split("/")[0].partition("-")[0] for n in names} == {"course_utils"}
    data = [p.relative_to(ROOT).as_posix() for p in (ROOT / "course_utils" / "assets").iterdir()]
    assert {"course_utils/course/budgets.toml", "course_utils/checks/core.py", *data} <= set(names)
    assert not [
        n for n in names if "scratch" in n or "test" in n or "__pycache__" in n or n.endswith(".ipynb")
    ]


def test_instructors_parts_stay_at_home(made):
    names = zipfile.ZipFile(next(made.glob("*.whl"))).namelist()
    assert not [n for n in names if n.startswith(("course_utils/grading", "course_utils/authoring"))]


def test_the_readme_tells_versions_terms_and_how_to_lose_the_buttons(made):
    text = (made / "README.md").read_text(encoding="utf-8")
    pinned = handout.pins(ROOT / "requirements.txt")
    cpu_only = f"torch=={pinned['torch']} torchvision=={pinned['torchvision']} --index-url"
    assert cpu_only in text and "labextension disable @jupyter/nbgrader" in text
    for subject in ("drawn cartoons", "small weights", "CIFAR-10", "hot dogs", "ImageNet's terms"):
        assert subject in text


def test_the_licence_is_in_the_hand_out_and_in_the_wheel(made):
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("BSD 3-Clause License\n\nCopyright (c) 2026, The course maintainers\n")
    assert (made / "LICENSE").read_text(encoding="utf-8") == text
    assert "(BSD-3-Clause)" in (made / "README.md").read_text(encoding="utf-8")
    wheel = zipfile.ZipFile(next(made.glob("*.whl")))
    info = f"course_utils-{release.course_version(ROOT)}.dist-info"
    assert wheel.read(f"{info}/licenses/LICENSE").decode() == text
    metadata = wheel.read(f"{info}/METADATA").decode().splitlines()
    assert {"License-Expression: BSD-3-Clause", "License-File: LICENSE"} <= set(metadata)


def test_the_wheel_installs_and_works_on_its_own(made, tmp_path):
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        tmp_path,
    ]
    subprocess.run([*install, next(made.glob("*.whl"))], check=True, capture_output=True)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in repr(f)]  # it has the whole package\n"
        "import course_utils; assert course_utils.__file__.startswith(sys.argv[1])\n"
        "from course_utils.models.weights import find_weights; from course_utils.course.budget import load_plan\n"
        "from course_utils import doctor; from course_utils.cli.preconditions import find_course_folder; from course_utils.course import handin\n"
        "doctor.examine(None); find_course_folder(); handin.check\n"
        "from course_utils.cli import app; app(['experiment'], standalone_mode=False)\n"
        "from course_utils.training import pretraining; from course_utils.storage import require_room\n"
        "print(course_utils.__version__, find_weights('small').num_classes)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, tmp_path], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.stdout.split()[-2] == release.course_version(ROOT), result.stderr


def shelf(folder: Path, names: dict[str, str]) -> Path:
    """A local index of wheels that hold nothing but their names."""
    folder.mkdir()
    for name, version in names.items():
        plain = name.replace("-", "_")
        info = f"{plain}-{version}.dist-info"
        with zipfile.ZipFile(folder / f"{plain}-{version}-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    return folder


def required(made: Path) -> dict[str, str]:
    lines = (made / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if "==" in line)


def test_offline_adds_wheels_from_which_the_readmes_line_installs(course, made, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # no test asks the network
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf(tmp_path / "shelf", required(made))))
    folder = tmp_path / "handout"
    handout.make_handout(course, folder, offline=True)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    readme = (folder / "README.md").read_text(encoding="utf-8")
    (line,) = [line.strip() for line in readme.splitlines() if "--no-index" in line]
    python, *words = line.split()
    assert python == ".venv/bin/python"
    command = [sys.executable, *words, "--target", tmp_path / "installed"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    assert (tmp_path / "installed" / "course_utils" / "__init__.py").exists()
    assert len(list((tmp_path / "installed").glob("*.dist-info"))) == len(required(made)) + 1


@pytest.mark.parametrize(
    "said, found, remedy",
    [
        (
            "WARNING: Retrying ...\nERROR: No matching distribution found for tqdm\n",
            "tqdm",
            "reaches its index",
        ),
        ("ERROR: Could not install: [Errno 28] No space left on device\n", "No space left", "make room"),
        ("Killed\n", "Killed", "reaches its index"),
    ],
)
def test_offline_tells_pips_errors_alone_and_what_to_do(said, found, remedy, tmp_path, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", said)
    monkeypatch.setattr(wheels.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(BuildError, match=f"found: .*{found}(.|\n)*{remedy}") as problem:
        wheels.download_wheels(tmp_path)
    assert "Retrying" not in str(problem.value)


def test_offline_says_which_wheel_is_missing(course, made, tmp_path, monkeypatch):
    names = {name: version for name, version in required(made).items() if name != "tqdm"}
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf(tmp_path / "shelf", names)))
    with pytest.raises(BuildError, match="cannot be downloaded(.|\n)*tqdm==(.|\n)*leave --offline out"):
        handout.make_handout(course, tmp_path / "handout", offline=True)


def test_a_folder_that_is_not_empty_is_refused(course, tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(BuildError, match="is not empty"):
        handout.make_handout(course, tmp_path)


def test_a_drifted_notebook_is_refused(course, tmp_path):
    drifted = make_course(tmp_path / "course")
    shutil.copytree(course / "notebooks", drifted / "notebooks")
    with pytest.raises(BuildError, match="not as built from the text: solutions/90_sample"):
        handout.make_handout(drifted, tmp_path / "out")
    assert not (tmp_path / "out").exists()
