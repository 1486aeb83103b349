"""Sketches of families: every box inside of the picture, every arrow between two boxes."""

import pytest
from matplotlib.patches import FancyBboxPatch

from course_utils.errors import CourseError
from course_utils.plots import family
from course_utils.plots.families import SKETCHES, TINTS


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
    fig = family("Patches and attention")
    assert [text.get_text() for text in fig.axes[0].texts][-1] == "12 blocks"
    assert "12 blocks: attention all to all, linear each token" in fig.alt_text
    assert "orange: attention" in fig.get_supxlabel() and "blue" not in fig.get_supxlabel()


def test_in_clip_a_class_weight_comes_out_of_the_text_tower():
    sketch = SKETCHES["Images and texts (CLIP)"]
    (weight,) = (i for i, box in enumerate(sketch.boxes) if "class weight" in box.text)
    assert [sketch.boxes[start].text for start, end in sketch.arrows if end == weight] == ["text\ntower"]


def test_a_family_without_a_sketch_is_refused():
    with pytest.raises(CourseError, match="no sketch of 'VGT'"):
        family("VGT")
