"""Pictures of families: nothing outside of them, no words over words, every arrow between two boxes."""

import itertools

import pytest
from matplotlib.patches import FancyBboxPatch

from course_utils.errors import CourseError
from course_utils.models import count_parameters, multiply_adds, on_meta
from course_utils.plots import family
from course_utils.plots.families import SKETCHES, TINTS
from course_utils.plots.ideas import ALEXNET, IDEAS


@pytest.mark.parametrize("name", SKETCHES)
def test_a_sketch_shows_its_boxes_whole_and_tells_them(name):
    fig = family(name)
    fig.draw_without_rendering()
    (ax,) = fig.axes
    left, right = ax.get_xlim()
    low, high = ax.get_ylim()
    boxes = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert len(boxes) == len(SKETCHES[name].boxes)
    for patch in boxes:
        assert left <= patch.get_x() and patch.get_x() + patch.get_width() <= right
        assert low <= patch.get_y() and patch.get_y() + patch.get_height() <= high
    for box in SKETCHES[name].boxes:
        assert box.text.replace("\n", " ") in fig.alt_text
    assert SKETCHES[name].idea in fig.alt_text.replace("\n", " ")


@pytest.mark.parametrize("name", SKETCHES)
def test_no_letter_of_a_box_leaves_it(name):
    fig = family(name)
    fig.draw_without_rendering()
    (ax,) = fig.axes
    boxes = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert len(ax.texts) == len(boxes) + len(SKETCHES[name].repeats)
    for patch, text in zip(boxes, ax.texts):
        inside, around = text.get_window_extent(), patch.get_window_extent()
        assert around.x0 <= inside.x0 and inside.x1 <= around.x1, text.get_text()


@pytest.mark.parametrize("name", SKETCHES)
def test_arrows_join_boxes_and_kinds_have_a_tint(name):
    sketch = SKETCHES[name]
    ends = {i for pair in (*sketch.arrows, *(bent[:2] for bent in sketch.bent)) for i in pair}
    assert ends == set(range(len(sketch.boxes)))
    assert {box.kind for box in sketch.boxes} <= set(TINTS)


def test_a_bracket_says_what_is_repeated_and_the_caption_what_colours_mean():
    fig = family("ConvNeXt")
    assert [text.get_text() for text in fig.axes[0].texts][-1] == "18 blocks in 4 stages"
    assert "18 blocks in 4 stages: x, 7x7 depthwise, LayerNorm" in fig.alt_text
    assert "blue: convolution" in fig.get_supxlabel() and "orange" not in fig.get_supxlabel()


# Drawings


@pytest.mark.parametrize("name", IDEAS)
def test_a_drawing_tells_itself_and_nothing_leaves_it(name):
    fig = family(name)
    fig.draw_without_rendering()
    (ax,) = fig.axes
    around = ax.get_window_extent()
    assert IDEAS[name].title in fig.alt_text.replace("\n", " ")
    assert len(fig.alt_text) > len(fig.get_suptitle()) + len(fig.get_supxlabel()) + 40
    for part in (*ax.patches, *ax.texts, *ax.images):
        box = part.get_window_extent()
        inside = (around.x0 - 1, around.y0 - 1) <= (box.x0, box.y0) and box.x1 <= around.x1 + 1
        assert inside and box.y0 >= around.y0 - 1 and box.y1 <= around.y1 + 1, part


@pytest.mark.parametrize("name", IDEAS)
def test_no_words_of_a_drawing_stand_over_others(name):
    fig = family(name)
    fig.draw_without_rendering()
    texts = [text for text in fig.axes[0].texts if not text.get_rotation()]
    for one, other in itertools.combinations(texts, 2):
        overlap = one.get_window_extent().overlaps(other.get_window_extent())
        assert not overlap, (one.get_text(), other.get_text())


def test_alexnets_layers_add_up_to_the_network():
    from torchvision.models import alexnet

    network = on_meta(alexnet)
    assert sum(weights for *_, weights, _ in ALEXNET) == count_parameters(network)
    assert abs(1e6 * sum(work for *_, work in ALEXNET) / multiply_adds(network, 224) - 1) < 0.002


def test_alexnets_convolutions_work_and_its_linear_layers_weigh():
    convolutions = [layer for layer in ALEXNET if layer[1]]
    shares = [sum(layer[i] for layer in convolutions) / sum(layer[i] for layer in ALEXNET) for i in (2, 3)]
    assert [round(share, 2) for share in shares] == [0.04, 0.92]  # as chapter 02 says


def test_a_family_without_a_sketch_is_refused():
    with pytest.raises(CourseError, match="no sketch of 'VGT'"):
        family("VGT")


@pytest.mark.parametrize("name", [*SKETCHES, *IDEAS])
def test_no_letter_of_a_title_is_cut_off(name):
    fig = family(name)
    fig.draw_without_rendering()
    title = fig._suptitle.get_window_extent()
    assert 0 <= title.x0 and title.x1 <= fig.bbox.x1, fig.get_suptitle()
