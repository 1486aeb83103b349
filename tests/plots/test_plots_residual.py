"""Figures of residual networks: what they say, and that nothing is cut off."""

import pytest
import torch

from course_utils import plots
from course_utils.analysis.residual import capture, path_lengths
from course_utils.models.stacks import build_stack

pytestmark = pytest.mark.filterwarnings("error")  # a missing glyph is a warning
DATA = "noise"


@pytest.fixture(scope="module")
def drawn():
    pictures = torch.randint(0, 255, (4, 3, 32, 32), dtype=torch.uint8)
    records = capture(build_stack(8), pictures / 255)
    sizes = {"trained": {name: (r.ratio, r.cosine) for name, r in records.items()}}
    sizes["random"] = sizes["trained"]
    maps = {name: r.maps(0, 0) for name, r in records.items()}
    norms = {"plain": [[4.0, 2.0, 1.0], [5.0, 2.0, 1.0]], "residual": [[1.0, 1.0, 1.0], [1.0, 1.1, 0.9]]}
    return {
        "residual_sizes": plots.residual_sizes(
            sizes, projections=["stages.1.0"], title="F(x) is small", data=DATA
        ),
        "block_maps": plots.block_maps(maps, image=pictures[0], title="A channel", data=DATA),
        "gradient_flow": plots.gradient_flow(norms, title="Gradients grow", data=DATA),
        "path_lengths": plots.path_lengths(path_lengths(10), title="Most ways are of middle length"),
    }


def test_alt_text_has_title_and_numbers(drawn):
    for name, figure in drawn.items():
        assert figure.get_suptitle() in figure.alt_text.replace("\n", " "), name
    assert "plain: first layer 4.5, last 1" in drawn["gradient_flow"].alt_text
    assert "most often 5 branches, 24.6 %" in drawn["path_lengths"].alt_text


def test_nothing_is_cut_off(drawn):
    for name, figure in drawn.items():
        figure.draw_without_rendering()
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) > -0.01, name


def test_axes_carry_units(drawn):
    for name in ("residual_sizes", "gradient_flow", "path_lengths"):
        for ax in drawn[name].axes:
            assert "(" in ax.get_ylabel(), name


def test_a_map_of_zeros_is_drawn():
    zeros = {"x": torch.zeros(2, 2), "F(x)": torch.zeros(2, 2)}
    assert plots.block_maps({"layer1.0": zeros}, title="Nothing", data=DATA).alt_text


def test_learning_curves_of_something_else():
    figure = plots.learning_curves({"a": [[0.5]]}, title="T", data=DATA, measured="training error")
    assert figure.axes[0].get_ylabel() == "training error (%)"
