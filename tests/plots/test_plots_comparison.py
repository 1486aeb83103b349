"""Figures of a comparison: caption and alt text, nothing cut off, what each one says."""

import pytest
import torch

from course_utils import plots
from course_utils.analysis.calibration import Bin
from course_utils.analysis.paired import Paired

pytestmark = pytest.mark.filterwarnings("error")
DATA = "noise with a tint"
NAMES = {"first": "ResNet-18", "second": "AlexNet"}


@pytest.fixture(scope="module")
def drawn():
    weight = torch.zeros(4, 3, 11, 11)
    weight[..., 1:4, 1:4], weight[..., 5, 5] = 1.0, 9.0
    pairs = {f"seed {s}": Paired(30 + s, 10, 200, 0.05, 0.15) for s in range(3)}
    pairs["ResNet-18, itself: seeds 0, 1"] = Paired(12, 10, 200, -0.03, 0.05)
    differences = [[0.1, -0.2, 0.0], [0.3, -0.1, 0.0]]
    lines = {"as trained": [Bin(10, 0.45, 0.4), Bin(90, 0.95, 0.6)], "T 2.0": [Bin(100, 0.6, 0.58)]}
    title = {"title": "A message", "data": DATA}
    return {
        "kernel_windows": plots.kernel_windows(
            weight, {"the tutorial's": (1, 3), "the centre": (4, 3)}, title="A message", source=DATA
        ),
        "paired_differences": plots.paired_differences(
            {"fine-tuned": pairs, "from scratch": pairs}, **NAMES, **title
        ),
        "class_differences": plots.class_differences(
            differences, ["cat", "dog", "ship"], **NAMES, **title, n_images=200
        ),
        "one_lead": plots.one_lead(
            [("two draws", 3.0, 3.5), ("the same images", 3.0, 2.0)], **title, note="200 images"
        ),
        "reliability": plots.reliability({"ResNet-18": lines, "AlexNet": lines}, **title),
    }


def test_title_caption_alt_text_and_margins(drawn):
    for name, fig in drawn.items():
        fig.draw_without_rendering()
        assert fig.get_suptitle() == "A message" and "A message" in fig.alt_text, name
        assert DATA in fig.get_supxlabel() and DATA in fig.alt_text, name
        box, (width, height) = fig.get_tightbbox(), fig.get_size_inches()
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) > -0.01, name
        assert all(ax.get_xlabel() for ax in fig.axes if ax.axison), name


def test_windows_say_what_they_keep(drawn):
    text = drawn["kernel_windows"].alt_text
    assert "the tutorial's: 50.0 % on 9 taps" in text and "the centre: 50.0 % on 9 taps" in text
    *kernels, bars = drawn["kernel_windows"].axes
    assert all(len(ax.patches) == 4 for ax in kernels) and [
        round(bar.get_height()) for bar in bars.patches
    ] == [50, 50]


def test_pairs_show_difference_and_p(drawn):
    fig = drawn["paired_differences"]
    assert "fine-tuned, seed 0 +10.00, p 0.0022; fine-tuned, seed 1 +10.50" in fig.alt_text
    assert [ax.get_title() for ax in fig.axes] == ["fine-tuned", "from scratch"]
    assert all(any("p 0.0022" in t.get_text() for t in ax.texts) for ax in fig.axes)


def test_a_network_with_itself_is_hollow(drawn):
    points = [line for line in drawn["paired_differences"].axes[0].lines if line.get_marker() == "o"]
    hollow = [line.get_markerfacecolor() == "white" for line in points]
    assert hollow == [False, False, False, True]


def test_classes_are_sorted_by_their_mean(drawn):
    fig = drawn["class_differences"]
    assert [t.get_text() for t in fig.axes[0].get_yticklabels()] == ["cat", "ship", "dog"]
    assert "cat +20.0; ship +0.0; dog -15.0" in fig.alt_text and "2 seeds" in fig.alt_text


def test_equal_points_of_two_seeds_do_not_hide_each_other():
    fig = plots.class_differences([[0.1], [0.1]], ["cat"], **NAMES, title="A message", data=DATA)
    (points,) = [line for line in fig.axes[0].lines if line.get_marker() == "o"]
    assert len(set(points.get_xdata())) == 1 and len(set(points.get_ydata())) == 2


def test_what_luck_may_give_is_grey(drawn):
    assert not drawn["class_differences"].axes[0].patches
    fig = plots.class_differences(
        [[0.1, -0.2]], ["cat", "dog"], **NAMES, title="A message", data=DATA, overall=0.05, band=0.1
    )
    (grey,) = fig.axes[0].patches
    assert (grey.get_x(), grey.get_width()) == (-5, 20)
    assert "dashed: all classes, grey: two standard errors of a class's mean" in fig.alt_text
    assert [line.get_xdata()[0] for line in fig.axes[0].lines[-2:]] == [0, 5]


def test_a_lead_has_a_line_for_each_of_its_errors(drawn):
    fig = drawn["one_lead"]
    ends = [list(line.get_xdata()) for line in fig.axes[0].lines[:-1:2]]
    assert ends == [[-0.5, 6.5], [1.0, 5.0]]
    assert "two draws +3.0 ± 3.5; the same images +3.0 ± 2.0" in fig.alt_text


def test_each_network_has_its_row_of_the_same_images():
    images, true = torch.zeros(5, 3, 8, 8, dtype=torch.uint8), torch.tensor([0, 1, 0, 1, 0])
    nets = {"ResNet-18": torch.tensor([0, 0, 0, 1, 0]), "AlexNet": torch.tensor([1, 1, 0, 0, 1])}
    fig = plots.who_is_right(images, true, nets, ["cat", "dog"], data=DATA, each=1)
    assert "Of 5 pictures ResNet-18 alone has 3 right, AlexNet alone 1." in fig.alt_text
    assert "ResNet-18: cat taken for cat, dog taken for cat. AlexNet: cat taken for dog" in fig.alt_text
    frames = [patch.get_edgecolor() for patch in fig.axes[0].patches]
    assert frames[0] == frames[3] != frames[1] == frames[2]
    same = plots.who_is_right(images, true, {"a": true, "b": true}, ["cat", "dog"], data=DATA)
    assert len(same.axes[0].patches) == 8 and "a alone has 0 right" in same.alt_text


def test_bins_of_few_images_are_hollow_and_not_joined():
    lines = {"as trained": [Bin(4, 0.15, 1.0), Bin(50, 0.45, 0.4), Bin(46, 0.9, 0.8)]}
    ax = plots.reliability({"ResNet-18": lines}, title="A message", data=DATA).axes[0]
    assert [list(line.get_xdata()) for line in ax.lines[1:]] == [[45.0, 90.0]]
    many, few = ax.collections
    assert len(many.get_offsets()) == 2 and len(few.get_offsets()) == 1 and len(few.get_facecolors()) == 0


def test_reliability_tells_overconfidence(drawn):
    assert "ResNet-18, as trained: mean confidence +32.0 points" in drawn["reliability"].alt_text
    assert len(drawn["reliability"].axes) == 2
