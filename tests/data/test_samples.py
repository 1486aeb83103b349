"""Photographs of installed packages: found without an import, and missing without an error."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from course_utils.data.samples import PHOTOS, sample_photos


def test_matplotlibs_photograph_is_always_there():
    found = sample_photos()
    assert found[0] is PHOTOS[0]
    picture = found[0].read()
    assert picture.dtype == torch.uint8 and picture.shape == (3, 600, 512)


def test_every_photograph_says_whose_it_is():
    assert all(photo.licence and photo.credit and photo.shows for photo in PHOTOS)


def test_all_that_is_found_can_be_read():
    assert all(photo.read().shape[0] == 3 for photo in sample_photos())


@pytest.mark.parametrize("change", [{"package": "nobodys-package"}, {"path": "matplotlib/none.jpg"}])
def test_what_is_not_there_is_left_out(change):
    absent = replace(PHOTOS[0], **change)
    assert absent.file() is None
    with pytest.raises(FileNotFoundError, match="not on this machine"):
        absent.read()
