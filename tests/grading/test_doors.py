"""Sockets for kernels, whatever the folder for temporary files is called."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from course_utils.grading.sandbox.doors import CHANNELS, Doors
from course_utils.grading.sandbox.warm import WarmServer


@pytest.fixture
def long_folder(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / ("long" * 25)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_kernels_get_their_sockets_where_the_temporary_folder_has_a_long_path(long_folder):
    doors = Doors()
    assert len(doors.descriptors) == len(CHANNELS)
    doors.remove()
    assert not Path(doors.path).parent.exists()


def test_a_warm_server_starts_where_the_temporary_folder_has_a_long_path(long_folder):
    with closing(WarmServer()) as server:
        assert server.is_running()
    assert not Path(server.address).parent.exists()


def test_a_temporary_folder_with_a_short_path_is_used(monkeypatch):
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        doors = Doors()
        assert Path(doors.path).parent.parent == Path(folder)
        doors.remove()
