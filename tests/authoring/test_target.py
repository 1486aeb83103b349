"""The folder that a command fills: looked at first, and empty again where filling it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from course_utils import storage
from course_utils.authoring import handout, site, target
from course_utils.errors import BuildError, EnvironmentProblem


def test_what_is_half_made_goes(tmp_path):
    there, new = tmp_path / "there", tmp_path / "new"
    there.mkdir()
    for folder in (there, new):
        with pytest.raises(KeyboardInterrupt), target.filled(folder, 1):
            (folder / "deep").mkdir()
            (folder / "deep" / "half").touch()
            raise KeyboardInterrupt
    assert there.is_dir() and not any(there.iterdir()) and not new.exists()


def test_what_is_made_stays(tmp_path):
    with target.filled(tmp_path / "new", 1):
        (tmp_path / "new" / "whole").touch()
    assert (tmp_path / "new" / "whole").exists()


def test_a_folder_in_use_is_refused_and_kept(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(BuildError, match="is not empty(.|\n)*found: +mine"), target.filled(tmp_path, 1):
        raise AssertionError
    assert (tmp_path / "mine").exists()


def make_handout(course, folder):
    handout.make_handout(course, folder)


def make_site(course, folder):
    site.write_site(course, course / "executed", folder, "folded")


@pytest.mark.parametrize("make", [make_handout, make_site])
def test_a_file_or_a_full_disk_is_told_before_anything_is_made(make, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentProblem, match="nothing can be written(.|\n)*found: +a file of that name"):
        make(tmp_path / "no course is needed", tmp_path / "file")
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda folder: type("usage", (), {"free": 1_000_000}))
    with pytest.raises(EnvironmentProblem, match="nearly full(.|\n)*1 MB free(.|\n)*make room"):
        make(tmp_path / "no course is needed", tmp_path / "new")
    assert not any((tmp_path / "new").iterdir())


def test_a_folder_that_was_there_stays_also_a_link_or_here(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path / "real")
    for folder in (Path("."), tmp_path / "link"):
        with pytest.raises(BuildError, match="drifted"), target.filled(folder, 1):
            (folder / "sub").mkdir()
            (folder / "file").touch()
            raise BuildError("drifted.")
    assert list((tmp_path / "real").iterdir()) == []
