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
        "block_sketch": plots.block_sketch(),
        "block_damage": plots.block_damage(
            {"left out": {"layer1.0": [0.4, 0.5]}, "shuffled": {"layer1.0": [0.2, 0.3]}},
            whole=[0.6, 0.7],
            title="One block is missed",
            data=DATA,
            n_images=40,
            chance=0.1,
        ),
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


def test_axes_are_named_and_pure_numbers_have_no_unit(drawn):
    labels = {name: [ax.get_ylabel() for ax in drawn[name].axes] for name in drawn}
    assert labels["gradient_flow"] == ["norm of the loss gradient"]
    assert labels["path_lengths"] == ["share of all ways (%)"]
    assert not any("(1)" in label or not label for label in labels["residual_sizes"])


def test_damage_has_a_row_for_each_block_and_a_line_for_the_whole_network(drawn):
    fig = drawn["block_damage"]
    assert [t.get_text() for t in fig.axes[0].get_yticklabels()] == ["layer1.0"]
    assert "whole 65.0 %; left out: layer1.0 45.0 %; shuffled: layer1.0 25.0 %" in fig.alt_text
    assert any(list(line.get_xdata()) == pytest.approx([65, 65]) for line in fig.axes[0].lines)


def test_the_picture_stands_above_several_blocks_and_before_a_single_one():
    maps = {step: torch.ones(2, 2) for step in ("x", "F(x)")}
    picture = torch.zeros(3, 2, 2, dtype=torch.uint8)

    def tiles(rows):
        fig = plots.block_maps(rows, image=picture, title="A channel", data=DATA)
        corners = [image.get_extent()[::3] for image in fig.axes[0].images]
        return [len(set(places)) for places in zip(*corners)]  # columns, rows

    assert tiles({"a": maps, "b": maps}) == [2, 3] and tiles({"a": maps}) == [3, 1]


def test_a_map_of_zeros_is_drawn():
    zeros = {"x": torch.zeros(2, 2), "F(x)": torch.zeros(2, 2)}
    assert plots.block_maps({"layer1.0": zeros}, title="Nothing", data=DATA).alt_text


def test_learning_curves_of_something_else():
    figure = plots.learning_curves({"a": [[0.5]]}, title="T", data=DATA, measured="training error")
    assert figure.axes[0].get_ylabel() == "training error (%)"


def test_a_brace_holds_what_f_of_x_is(drawn):
    (ax,) = drawn["block_sketch"].axes
    braces = {tuple(line.get_xdata()[[0, -1]]) for line in ax.lines}
    places = {text.get_text(): text.get_position()[0] for text in ax.texts}
    (f,) = [ends for ends in braces if ends[0] < places["F(x)"] < ends[1]]
    assert f[0] < places["conv1\n3x3"] and places["bn2"] < f[1] < places["+"]
