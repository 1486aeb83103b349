"""The explorer: sliders that follow each other, and a static twin where nobody can click."""

import pytest
import torch

from course_utils.analysis.residual import capture
from course_utils.models.stacks import build_stack
from course_utils.widgets import live
from course_utils.widgets.residual_explorer import all_blocks, explore, liveliest_channel, sliders

DATA = "noise"


@pytest.fixture(scope="module")
def shown():
    pictures = torch.randint(0, 255, (3, 3, 16, 16), dtype=torch.uint8)
    return capture(build_stack(8), pictures / 255), pictures


def test_the_static_twin_tells_every_block(shown):
    figure = all_blocks(*shown, data=DATA, title="Blocks")
    assert all(name in figure.alt_text for name in shown[0])


def test_the_channel_shown_first_is_blank_nowhere(shown):
    records, _ = shown
    channel = liveliest_channel(records)
    faintest = [min(m.norm() for r in records.values() for m in r.maps(0, c).values()) for c in range(16)]
    assert faintest.index(max(faintest)) == channel
    assert f"channel {channel};" in all_blocks(*shown, data=DATA, title="Blocks").alt_text


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


def test_the_static_twin_tells_ratio_and_cosine(shown):
    figure = all_blocks(*shown, data=DATA, title="Blocks")
    record = shown[0]["stages.0.0"]
    assert f"ratio {record.ratio[0]:.2f} cosine {record.cosine[0]:+.2f}" in figure.alt_text


def test_page_and_person_get_picture_and_sliders(shown, monkeypatch):
    given = []
    monkeypatch.setattr(live, "show", lambda *both: given.append(both))
    explore(*shown, data=DATA, title="Blocks")
    (((data, _), make_view),) = given
    assert "<img" in data["text/html"] and len(make_view().children) == 4
