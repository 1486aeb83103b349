"""Checkpoints are written whole or not at all."""

import errno
import io
from contextlib import contextmanager

import pytest
import torch

from course_utils.errors import CheckpointError
from course_utils.training import checkpoint
from course_utils.training.checkpoint import MemoryCheckpoint, load_checkpoint, save_checkpoint


def test_there_and_back(tmp_path):
    path = tmp_path / "deep" / "a.pt"
    save_checkpoint(path, {"t": torch.arange(3), "names": ["a"], "n": 2})
    state = load_checkpoint(path)
    assert torch.equal(state["t"], torch.arange(3)) and state["names"] == ["a"]


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path, monkeypatch):
    path = tmp_path / "a.pt"
    save_checkpoint(path, {"n": 1})

    def broken(state, file):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(checkpoint.torch, "save", broken)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(path, {"n": 2})
    assert load_checkpoint(path)["n"] == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a.pt"]


def test_damaged_missing_and_foreign_checkpoints_are_named(tmp_path):
    (tmp_path / "bad.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(tmp_path / "bad.pt")
    with pytest.raises(CheckpointError, match="no checkpoint at"):
        load_checkpoint(tmp_path / "none.pt")
    save_checkpoint(tmp_path / "a.pt", {"fingerprint": "one"})
    with pytest.raises(CheckpointError, match="other settings"):
        load_checkpoint(tmp_path / "a.pt", "two")
    torch.save(torch.zeros(2), tmp_path / "tensor.pt")
    with pytest.raises(CheckpointError, match="tensor.pt is no checkpoint"):
        load_checkpoint(tmp_path / "tensor.pt")
    with pytest.raises(CheckpointError, match="is a folder") as problem:
        load_checkpoint(tmp_path)
    assert "delete" not in str(problem.value)


def test_in_memory_nothing_changes_with_what_was_saved_or_loaded():
    kept, tensor = MemoryCheckpoint(), torch.zeros(2)
    assert kept.load("one") is None
    kept.save({"fingerprint": "one", "t": tensor})
    tensor += 1
    loaded = kept.load("one")
    assert loaded["t"].tolist() == [0, 0]
    loaded["t"] += 2
    assert kept.load("one")["t"].tolist() == [0, 0]
    with pytest.raises(CheckpointError, match="other settings"):
        kept.load("two")


def test_a_full_disk_is_told_as_the_disk_told_it(tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    @contextmanager
    def full_file(path):
        yield Full()

    monkeypatch.setattr(checkpoint, "whole_file", full_file)
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(tmp_path / "a.pt", {"t": torch.zeros(1000)})
