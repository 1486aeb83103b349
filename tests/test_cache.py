import os

import numpy as np
import pytest

from course_utils import doctor, storage
from course_utils.data import loading
from course_utils.storage import cache_dir, file_stamp, stored_arrays


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Maker:
    """Counts how often it was asked."""

    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return {
            "images": np.arange(12, dtype=np.uint8).reshape(3, 4),
            "names": np.array(["a", "bc"]),
        }


def test_folder_is_the_environments_or_the_platforms(folder, monkeypatch):
    assert cache_dir() == folder
    monkeypatch.setenv("COURSE_DATA", "~/here")
    assert "~" not in str(cache_dir())
    monkeypatch.delenv("COURSE_DATA")
    assert cache_dir().name == "course_utils"


def test_made_once_then_mapped():
    make = Maker()
    first, second = stored_arrays("k", make), stored_arrays("k", make)
    assert make.calls == 1
    for arrays in (first, second):
        assert isinstance(arrays["images"], np.memmap)
        assert arrays["images"].tolist() == make()["images"].tolist()
        assert arrays["names"].tolist() == ["a", "bc"]


def test_another_key_is_another_entry():
    make = Maker()
    for key in ("a/b", "a b", "a-b", "x" * 100 + "1", "x" * 100 + "2"):
        stored_arrays(key, make)
    assert make.calls == 5


def test_writing_to_an_array_leaves_the_file_alone():
    stored_arrays("k", Maker())["images"][:] = 0
    assert stored_arrays("k", Maker())["images"].any()


def test_empty_arrays_come_back():
    arrays = {"none": np.array([], dtype=str), "some": np.ones(2)}
    stored_arrays("k", lambda: arrays)
    assert stored_arrays("k", Maker())["none"].tolist() == []


def test_damaged_entry_is_made_again(folder):
    make = Maker()
    stored_arrays("k", make)
    (file,) = folder.glob("arrays/*/images.npy")
    file.write_bytes(file.read_bytes()[:-3])
    assert stored_arrays("k", make)["images"].shape == (3, 4)
    assert make.calls == 2
    stored_arrays("k", make)
    assert make.calls == 2


def test_cache_that_cannot_be_written_loses_nothing(folder):
    folder.write_text("a file where the folder should be")
    make = Maker()
    assert stored_arrays("k", make)["images"].shape == (3, 4)
    assert stored_arrays("k", make)["images"].shape == (3, 4)
    assert make.calls == 2


def test_full_disk_loses_nothing_and_leaves_nothing(folder, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.np, "save", full)
    assert stored_arrays("k", Maker())["images"].shape == (3, 4)
    assert list(folder.rglob("*")) == [folder / "arrays"]


def test_a_cache_that_keeps_nothing_says_so_once(folder, capsys, monkeypatch):
    folder.write_text("a file where the folder should be")
    storage.warn_not_kept.cache_clear()
    for key in ("a", "b"):
        stored_arrays(key, Maker())
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and str(folder) in told and "set COURSE_DATA" in told
    storage.warn_not_kept.cache_clear()
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    stored_arrays("c", Maker())
    assert capsys.readouterr().err == ""


def test_a_disk_that_fills_up_within_an_array_is_told_in_numpys_words(folder, monkeypatch, capsys):
    def cut_off(*_, **__):
        raise OSError("1000 requested and 300 written")

    monkeypatch.setattr(storage.np, "save", cut_off)
    storage.warn_not_kept.cache_clear()
    stored_arrays("d", Maker())
    assert "1000 requested and 300 written" in capsys.readouterr().err


def test_photographs_are_drawn_elsewhere_where_the_cache_is_full(folder, monkeypatch, capsys):
    write, storage_full = loading.generation.write_photos, OSError(28, "No space left on device")

    def full(target, *rest):
        if folder in target.parents:
            target.mkdir(parents=True)
            raise storage_full
        return write(target, *rest)

    monkeypatch.setattr(loading.generation, "write_photos", full)
    storage.warn_not_kept.cache_clear()
    drawn = loading._drawn_folder(2)
    assert len(list(drawn.glob("train/*/*.jpg"))) == 4 and folder not in drawn.parents
    assert loading._drawn_folder(2) == drawn  # once in a process
    assert "No space left" in capsys.readouterr().err
    assert not list(folder.glob("photos*/*"))


def test_the_doctor_sees_a_cache_that_is_read_only_or_tiny(folder, monkeypatch):
    def look():
        return next(doctor._cache())

    assert look().there
    usage = type("usage", (), {"free": 1_000_000})
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda path: usage)
    assert not look().there and "1 MB free, of 25 needed" in next(doctor._cache()).detail


def test_interrupt_while_storing_leaves_no_entry(folder, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(storage.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        stored_arrays("k", Maker())
    assert list(folder.rglob("*")) == [folder / "arrays"]


def test_two_processes_at_once(folder):
    """Whoever comes second finds the entry of the first and takes it, or puts its own in place."""

    def make():
        stored_arrays("k", Maker())
        return Maker()()

    assert stored_arrays("k", make)["images"].shape == (3, 4)
    assert len(list(folder.glob("arrays/*"))) == 1


def test_stamp_changes_with_the_file(tmp_path):
    file = tmp_path / "file"
    file.write_text("one")
    before = file_stamp(file)
    assert file_stamp(file) == before
    file.write_text("three")
    os.utime(file, (0, 0))
    changed = file_stamp(file)
    assert changed != before
    os.utime(file, (1, 1))
    assert file_stamp(file) != changed


def test_an_entry_that_has_lost_a_file_is_made_anew(folder):
    first = stored_arrays("k", Maker())
    next((folder / "arrays").glob("*/images.npy")).unlink()
    assert (stored_arrays("k", Maker())["images"] == first["images"]).all()
