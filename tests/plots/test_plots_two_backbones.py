"""The drawing of backbones: words for each stage, nothing cut off, idle weights hatched."""

import pytest
from matplotlib.patches import Rectangle

from course_utils import plots
from course_utils.models import Stage

pytestmark = pytest.mark.filterwarnings("error")
STAGES = [Stage("conv 1", 64, 8, 10_000, 0), Stage("layer4", 512, 1, 8_000_000, 7_000_000)]


@pytest.fixture(scope="module")
def drawn():
    return plots.backbones({"ResNet-18": (32, STAGES), "AlexNet": (64, STAGES[:1])}, title="A message")


def test_everything_is_inside_the_figure(drawn):
    drawn.draw_without_rendering()
    box, (width, height) = drawn.get_tightbbox(), drawn.get_size_inches()
    assert min(box.x0, box.y0, width - box.x1, height - box.y1) > -0.01


def test_alt_text_tells_each_stage_and_what_is_idle(drawn):
    assert drawn.alt_text.startswith("A message.")
    assert "layer4 512 maps of 1x1, 8.00 million weights, 7.00 idle" in drawn.alt_text
    assert "AlexNet, picture of 64 pixels: conv 1 64 maps of 8x8, 0.01 million weights" in drawn.alt_text


def test_only_idle_weights_are_hatched(drawn):
    hatched = [patch for patch in drawn.axes[0].patches if patch.get_hatch()]
    assert [round(patch.get_height() / 0.75, 2) for patch in hatched] == [round(7 / 8, 2)]


def test_a_map_of_one_pixel_shows(drawn):
    boxes = [patch for patch in drawn.axes[0].patches if isinstance(patch, Rectangle)]
    sides = [round(box.get_width(), 3) for box in boxes if box.get_width() == box.get_height()]
    assert sides == [0.352, 0.44, 0.055, 0.704, 0.44]
