"""The augmentation playground: controls that match ``Augment``, and a twin of every kind of change."""

from dataclasses import fields

import pytest
import torch

from course_utils.data.augment import Augment
from course_utils.widgets import live
from course_utils.widgets.playground import KINDS, all_kinds, augmented, controls, play

IMAGES = torch.randint(0, 255, (3, 3, 16, 16), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


@pytest.fixture
def board():
    return controls(IMAGES, data="noise").children


def test_there_is_a_control_for_each_setting_of_augment(board):
    described = " ".join(getattr(control, "description", "") for control in board)
    assert all(field.name in described for field in fields(Augment))


def test_the_picture_and_the_code_follow_the_controls(board):
    image, pad, flip, jitter, again, code, picture = board
    seen = {picture.value}
    assert "Augment(pad=4, flip=True, jitter=0.0)" in code.value
    pad.value, flip.value, jitter.value = 2, False, 0.3
    assert "Augment(pad=2, flip=False, jitter=0.3)" in code.value and picture.value not in seen
    seen.add(picture.value)
    image.value = 3
    assert picture.value not in seen
    seen.add(picture.value)
    again.click()
    assert picture.value not in seen and 'alt="' in picture.value


def test_nothing_switched_on_changes_nothing_and_eight_versions_come():
    versions = augmented(IMAGES[0], Augment(pad=0, flip=False), seed=1)
    assert torch.equal(versions, IMAGES[:1].repeat(8, 1, 1, 1))


def test_the_twin_shows_every_setting_by_itself():
    alone = [[bool(getattr(kind, f.name)) for f in fields(Augment)] for kind in KINDS.values()]
    assert sorted(alone) == sorted(
        [[True, False, False], [False, True, False], [False, False, True], [True] * 3]
    )
    told = all_kinds(IMAGES[0], data="noise").alt_text
    assert all(" ".join(name.split()) in told for name in KINDS)


def test_page_and_person_get_twin_and_controls(monkeypatch):
    given = []
    monkeypatch.setattr(live, "show", lambda *both: given.append(both))
    play(IMAGES, data="noise")
    (((data, _), make_view),) = given
    assert "8 random versions" in data["text/plain"] and len(make_view().children) == 7
