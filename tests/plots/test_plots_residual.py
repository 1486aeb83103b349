"""Figures of residual networks: what they say, and that nothing is cut off."""

import pytest
import torch

from course_utils import plots
from course_utils.analysis.residual import capture, path_lengths
from course_utils.models.stacks import build_stack

pytestmark = pytest.mark.filterwarnings("error")  # a missing glyph is a warning
DATA = "noise"
LOST = {"layer1.0": [0.1, 0.12], "layer2.1": [0.05, 0.06], "layer4.1": [-0.01, 0.01]}


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
            sizes,
            projections=["stages.1.0"],
            title="F(x) is small",
            data=DATA,
            recorded={"recorded, 64 px": dict.fromkeys(maps, 2.0)},
        ),
        "block_maps": plots.block_maps(maps, image=pictures[0], title="A channel", data=DATA),
        "gradient_flow": plots.gradient_flow(norms, title="Gradients grow", data=DATA),
        "block_sketch": plots.block_sketch(),
        "block_kinds": plots.block_kinds(),
        "size_against_loss": plots.size_against_loss(
            {"layer1.0": 0.7, "layer2.1": 0.71, "layer4.1": 0.9},
            {"left out": LOST, "shuffled": {name: [0.2, 0.3] for name in LOST}},
            {f"{name} {way}": 0.02 for name in LOST for way in ("left out", "shuffled")},
            {"layer1.0": 4, "layer2.1": 2, "layer4.1": 0},
            title="The largest is missed least",
            data=DATA,
        ),
        "growth_and_error": plots.growth_and_error(
            {"plain": {14: [4.0, 5.0], 56: [2000.0, 2200.0]}, "residual": {14: [2.0, 2.0], 56: [13.0, 14.0]}},
            {"plain": {14: [0.5, 0.7]}, "residual": {14: [0.0, 0.0]}},
            title="The gradient grows",
            data=DATA,
        ),
        "fitted_in_time": plots.fitted_in_time(
            {"2 epochs": [[0.9, 0.3], [0.8, 0.2]], "3 epochs": [[0.9, 0.5, 0.0], [0.9, 0.4, 0.1]]},
            {"2 epochs": 0.1, "3 epochs": 0.0},
            title="Slow, not stuck",
            data=DATA,
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


def test_recorded_ratios_are_hollow_points(drawn):
    (points,) = [
        line for line in drawn["residual_sizes"].axes[0].lines if line.get_label() == "recorded, 64 px"
    ]
    assert points.get_markerfacecolor() == "none" and set(points.get_ydata()) == {2.0}
    assert "recorded, 64 px: ratio stages.0.0 2.00" in drawn["residual_sizes"].alt_text


def test_errors_that_lie_on_one_another_are_counted(drawn):
    texts = [text.get_text() for text in drawn["growth_and_error"].axes[1].texts]
    assert texts == ["all 2: 0 %"]


def test_a_point_with_its_error_for_each_block_and_way_each_block_named_once(drawn):
    fig = drawn["size_against_loss"]
    for ax in fig.axes:
        assert sorted(text.get_text() for text in ax.texts) == sorted(LOST)
        points = {bars.get_label(): list(bars.lines[0].get_ydata()) for bars in ax.containers}
        assert points["left out"] == pytest.approx([11, 5.5, 0])
        assert points["shuffled"] == pytest.approx([25] * 3)
        (line, *_) = ax.containers[0].lines[2][0].get_segments()
        assert list(line[:, 1]) == pytest.approx([9, 13])
    assert "left out, points lost: layer1.0 +11.0, layer2.1 +5.5" in fig.alt_text
    assert "layer1.0 0.70, 4 blocks after it" in fig.alt_text
    (early, *_), (late, *_) = (bars.lines[0].get_xdata() for bars in fig.axes[1].containers)
    assert early == late == 4 and fig.axes[1].xaxis_inverted()


def test_a_star_says_what_the_trained_network_has(drawn):
    fig = drawn["fitted_in_time"]
    stars = [line.get_xydata()[0].tolist() for line in fig.axes[0].lines if line.get_marker() == "*"]
    assert stars == [pytest.approx([2, 10]), pytest.approx([3, 0])]
    assert "2 epochs: 25.0 % in the last epoch, 10.0 % afterwards" in fig.alt_text


def test_names_of_neighbours_do_not_overlap(drawn):
    fig = drawn["size_against_loss"]
    fig.draw_without_rendering()
    for ax in fig.axes:
        boxes = [text.get_window_extent() for text in ax.texts]
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_growth_has_a_logarithmic_axis_and_errors_per_cent_beside_it(drawn):
    left, right = drawn["growth_and_error"].axes
    assert left.get_yscale() == "log" and right.get_ylabel() == "training error (%)"
    assert [tick.get_text() for tick in right.get_xticklabels()] == ["14"]
    assert sorted(y for line in right.lines for y in line.get_ydata()) == pytest.approx([0, 0, 50, 70])
    assert (
        "plain: first over last gradient 4.5 at 14, 2,100 at 56 layers; training error 60.0 % at 14 layers"
        in (drawn["growth_and_error"].alt_text)
    )


def test_a_projection_stands_on_one_shortcut_only(drawn):
    ways = [
        [text.get_text() for text in ax.texts if text.get_text() == "x"] for ax in drawn["block_kinds"].axes
    ]
    assert [len(found) for found in ways] == [1, 0, 1]


def test_the_picture_stands_above_several_blocks_and_before_a_single_one():
    maps = {step: torch.ones(2, 2) for step in ("x", "F(x)")}
    picture = torch.zeros(3, 2, 2, dtype=torch.uint8)

    def tiles(rows):
        fig = plots.block_maps(rows, image=picture, title="A channel", data=DATA)
        corners = [image.get_extent()[::3] for image in fig.axes[0].images]
        return [len(set(places)) for places in zip(*corners)]  # columns, rows

    assert tiles({"a": maps, "b": maps}) == [2, 3] and tiles({"a": maps}) == [3, 1]


def test_maps_keep_the_shape_of_the_picture():
    maps = {step: torch.ones(2, 4) for step in ("x", "F(x)")}
    picture = torch.zeros(3, 4, 8, dtype=torch.uint8)
    fig = plots.block_maps({"a": maps}, image=picture, title="A channel", data=DATA)
    for image in fig.axes[0].images:
        left, right, bottom, top = image.get_extent()
        assert abs(bottom - top) / (right - left) == pytest.approx(0.5)


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
