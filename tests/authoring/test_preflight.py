"""What `course run` was given is looked at before anything starts: once, and with a remedy."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from courses import CHAPTERS, ROOT
from headless import write
from PIL import Image

from course_utils.authoring import preflight, running, target
from course_utils.course.budget import load_plan
from course_utils.data.loading import load_data
from course_utils.errors import CourseError, DataError, EnvironmentProblem, WeightsError
from course_utils.models.weights import find_weights

GIVEN = {"budget": "smoke", "data": "cartoons", "weights": "small", "seed": 0, "overrides": {}}


def require(tmp_path, **given):
    preflight.require(CHAPTERS, tmp_path / "out", GIVEN | {name: v for name, v in given.items()})


def images(folder, classes: int, each: int, side: int = 32, wide: int = 0):
    """``<class>/<number>.png`` of noise; ``wide`` more pixels for the last of all."""
    noise = np.random.default_rng(0)
    for c in range(classes):
        (folder / f"c{c:03d}").mkdir(parents=True)
        for i in range(each):
            last = wide if (c, i) == (classes - 1, each - 1) else 0
            pixels = noise.integers(0, 256, (side, side + last, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"c{c:03d}" / f"{i}.png")
    return str(folder)


def refused(error, match: str, tmp_path, **given) -> str:
    before = (tmp_path / "out").exists()
    with pytest.raises(error, match=match) as problem:
        require(tmp_path, **given)
    text = str(problem.value)
    assert all(word in text for word in ("expected: ", "found: ", "do this: ")), text
    assert (tmp_path / "out").exists() == before
    return text


def test_what_is_right_passes(tmp_path):
    require(tmp_path)
    require(tmp_path, data=images(tmp_path / "few", 3, 30), overrides={"data.train": 40})


@pytest.mark.parametrize(
    "option, value, error, remedy",
    [
        ("--data", "nowhere", "DataError: no data at nowhere.", "correct the path"),
        ("--data", "pyproject.toml", "DataError: {root}/pyproject.toml cannot be read.", "unpack it"),
        ("--weights", "nowhere", "WeightsError: no weights at nowhere.", "correct the path"),
        (
            "--weights",
            "{tmp}/cut.pth",
            "WeightsError: cut.pth cannot be read as weights.",
            "download or copy",
        ),
    ],
)
def test_the_command_stops_at_once_and_says_it_once(tmp_path, option, value, error, remedy):
    (tmp_path / "cut.pth").write_bytes(b"PK\x03\x04 and what was there when the line broke")
    command = [sys.executable, "-X", "importtime", "-m", "course_utils.cli", "run"]
    command += [option, value.format(tmp=tmp_path), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert not re.search(r"\| +torch$", done.stderr, re.M), "torch alone takes the three seconds"
    assert done.stderr.count(error.format(root=ROOT)) == 1
    assert f"do this:  {remedy}" in done.stderr and not (tmp_path / "out").exists()


def test_data_that_no_notebook_could_use(tmp_path):
    refused(DataError, "no data at nowhere", tmp_path, data="nowhere")
    refused(DataError, "too small(.|\n)*1 x 1", tmp_path, data=images(tmp_path / "dots", 2, 30, side=1))
    text = refused(DataError, "for 300 classes", tmp_path, data=images(tmp_path / "many", 300, 4, side=8))
    assert "200 images of 200 classes" in text and "--set data.train=3000" in text
    text = refused(DataError, "different sizes", tmp_path, data=images(tmp_path / "mixed", 2, 40, wide=9))
    assert "--set data.size=64" in text


def test_the_remedies_can_be_followed_from_the_command_line(tmp_path):
    require(tmp_path, data=images(tmp_path / "mixed", 2, 40, wide=9), overrides={"data.size": 16})
    few = {"data.train": 200, "data.val": 100, "data.test": 100}
    require(tmp_path, data=images(tmp_path / "many", 100, 6, side=8), overrides=few)


def test_weights_that_no_notebook_could_use(tmp_path):
    (tmp_path / "cut.safetensors").write_bytes(b"x" * 100)
    refused(WeightsError, "no weights at none.pth", tmp_path, weights="none.pth")
    refused(WeightsError, "cannot be read as weights", tmp_path, weights=str(tmp_path / "cut.safetensors"))


@pytest.mark.parametrize(
    "given, load",
    [
        (("nowhere", "small"), lambda: load_data("nowhere")),
        (("auto", "none.pth"), lambda: find_weights("none.pth")),
    ],
    ids=["data", "weights"],
)
def test_a_missing_file_is_told_as_the_notebook_would_tell_it(given, load):
    with pytest.raises(CourseError) as in_a_notebook:
        load()
    with pytest.raises(CourseError) as before_it:
        preflight.require_files(*given)
    assert str(before_it.value) == str(in_a_notebook.value)


def test_a_setting_that_does_not_exist(tmp_path):
    refused(CourseError, "nothing to override by 'data.trian'", tmp_path, overrides={"data.trian": 5})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_output_folder_that_is_read_only(tmp_path):
    (tmp_path / "out").mkdir(mode=0o500)
    refused(EnvironmentProblem, "nothing can be written", tmp_path)


def test_an_output_folder_that_cannot_be_made_or_is_full(tmp_path, monkeypatch):
    (tmp_path / "out").touch()
    refused(EnvironmentProblem, "nothing can be written", tmp_path)
    (tmp_path / "out").unlink()
    usage = type("usage", (), {"free": 1_000_000})
    monkeypatch.setattr(target.shutil, "disk_usage", lambda folder: usage)
    refused(EnvironmentProblem, "nearly full", tmp_path)


def test_an_error_of_the_course_keeps_its_remedy_in_a_run():
    problem = type("P", (), {"ename": "DataError", "evalue": str(DataError("no data.", do="fetch it"))})
    assert running._error_line(problem) == "DataError: no data.\n  do this:  fetch it"
    run = running.Run("01", 1.0, "In [2]: " + running._error_line(problem))
    assert "do this" not in running.summary([run])


def test_only_renews_what_a_notebook_keeps_in_a_record_that_stands(tmp_path):
    one = write(tmp_path, "91_a", 'session.keep("arms", 1)', 'x = 1\nsession.keep(\n    "curves", x)')
    two = write(tmp_path, "92_b", 'session.keep("rows", 1)')
    with pytest.raises(DataError, match=r"92_b: no record to renew(.|\n)*leave --only out"):
        (tmp_path / "91_a.cpu.json").touch()
        preflight.require_results([one, two], "cpu", ["arms"], tmp_path)
    (tmp_path / "92_b.cpu.json").touch()
    preflight.require_results([one, two], "cpu", ["arms", "curves", "rows"], tmp_path)
    with pytest.raises(DataError, match=r"a result named amrs(.|\n)*expected: arms, curves\n"):
        preflight.require_results([one], "cpu", ["arms", "amrs"], tmp_path)


def test_the_plan_that_is_looked_at_is_the_gpus_where_there_is_one(tmp_path, monkeypatch):
    presets = set()

    def small_plan(name, preset, overrides):
        presets.add(preset)
        return load_plan(name, "smoke", overrides)

    monkeypatch.setattr(preflight, "load_plan", small_plan)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    few = {"data.train": 40}
    require(tmp_path, budget="auto", data=images(tmp_path / "few", 3, 30), overrides=few)
    assert presets == {"gpu"}
