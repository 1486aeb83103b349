"""The explorer: sliders that follow each other, and a static twin where nobody can click."""

import pytest
import torch

from course_utils import residual_explorer
from course_utils.residual import capture
from course_utils.residual_explorer import all_blocks, explore, sliders, somebody_can_click
from course_utils.stacks import build_stack

DATA = "noise"


@pytest.fixture(scope="module")
def shown():
    pictures = torch.randint(0, 255, (3, 3, 16, 16), dtype=torch.uint8)
    return capture(build_stack(8), pictures / 255), pictures


def test_the_static_twin_tells_every_block(shown):
    figure = all_blocks(*shown, data=DATA, title="Blocks")
    assert all(name in figure.alt_text for name in shown[0])


def test_sliders_can_be_read_and_moved(shown):
    image, block, channel, picture = sliders(*shown, data=DATA).children
    assert [s.description for s in (image, block, channel)] == ["image", "block", "channel"]
    assert channel.max == 15 and "image 1" in picture.value
    channel.value = 9
    block.value = "stages.2.0"
    assert channel.max == 63 and "stages.2.0" in picture.value and "channel 9" in picture.value
    channel.value = 60
    block.value = "stages.0.0"
    assert channel.value == 15 and "channel 15" in picture.value
    image.value = 3
    assert "image 3" in picture.value and 'alt="' in picture.value


def test_without_a_person_the_picture_is_shown(shown, monkeypatch):
    drawn = []
    monkeypatch.setattr(residual_explorer.plots, "show", drawn.append)
    explore(*shown, data=DATA, title="Blocks")
    assert len(drawn) == 1


@pytest.mark.parametrize("variable", ["NBGRADER_EXECUTION", "COURSE_RESULTS"])
def test_headless_runs_have_nobody(variable, monkeypatch):
    monkeypatch.setenv(variable, "x")
    assert not somebody_can_click()


def test_with_a_person_the_page_gets_widget_and_picture(shown, monkeypatch):
    published = []
    monkeypatch.setattr(residual_explorer, "somebody_can_click", lambda: True)
    monkeypatch.setattr("IPython.display.publish_display_data", lambda *a: published.append(a[0]))
    explore(*shown, data=DATA, title="Blocks")
    assert residual_explorer.WIDGET_VIEW in published[0] and "<img" in published[0]["text/html"]
