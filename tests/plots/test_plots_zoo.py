"""Figures of the model zoo: what they say, and that nothing is cut off."""

import pytest

from course_utils.errors import DataError
from course_utils.plots.zoo import accuracy_by_size, zoo_accuracy, zoo_timeline
from course_utils.zoo import entries

pytestmark = pytest.mark.filterwarnings("error")  # a missing glyph is a warning
ROWS = [
    {"model": "small", "family": "CNN", "head": "1,000 classes", "top-1": 0.7, "GMAC": 0.2},
    {"model": "large", "family": "CNN", "head": "1,000 classes", "top-1": 0.8, "GMAC": 17.6},
    {"model": "probed", "family": "self-supervised", "head": "none", "top-1": 0.746, "GMAC": 4.1},
    {"model": "unknown", "family": "Transformer", "head": "1,000 classes", "top-1": None, "GMAC": 5.0},
]


@pytest.fixture(scope="module")
def drawn():
    timeline = [(entry.name, entry.family, entry.year) for entry in entries.ENTRIES]
    return {
        "accuracy": zoo_accuracy(ROWS, "GMAC", title="Compute alone does not buy accuracy"),
        "timeline": zoo_timeline(timeline, title="From LeNet to DINOv3"),
    }


def test_accuracy_by_size_has_a_panel_a_run_the_chance_line_and_all_numbers():
    lines = {"small": {32: 0.6, 64: 0.5}, "large": {32: 0.4, 64: 0.7}}
    figure = accuracy_by_size({"yours": lines, "recorded": lines}, title="Size decides", chance=0.1)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["yours", "recorded"]
    for ax in figure.axes:
        assert ax.get_xlabel() == "input size (pixels a side)"
        assert [text.get_text() for text in ax.texts] == ["guessing"]
        assert list(ax.get_xticks()) == [32, 64]
    assert figure.axes[0].get_ylabel() == "accuracy (%)"
    assert "recorded, large: 40.0 % at 32 px, 70.0 % at 64 px" in figure.alt_text
    assert "guessing gives 10.0 %" in figure.alt_text


def test_alt_text_has_title_and_numbers(drawn):
    for name, figure in drawn.items():
        assert figure.get_suptitle() in figure.alt_text.replace("\n", " "), name
    assert "large 80.0 % at 17.6" in drawn["accuracy"].alt_text
    assert "unknown" not in drawn["accuracy"].alt_text
    assert "1998: LeNet-5; 2012: AlexNet" in drawn["timeline"].alt_text


def test_every_model_stands_on_the_time_line_in_the_row_of_its_year(drawn):
    (ax,) = drawn["timeline"].axes
    heights = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert len(heights) == len(entries.ENTRIES)
    assert heights["LeNet-5"] < heights["AlexNet"] < heights["ResNet-18"] < heights["DINOv3 ViT-S"]


def test_axes_carry_units_and_families_have_their_own_look(drawn):
    (ax,) = drawn["accuracy"].axes
    assert ax.get_ylabel() == "top-1 accuracy (%)" and ax.get_xlabel() == "GMAC"
    looks = [(line.get_color(), line.get_marker()) for line in ax.lines]
    assert len(looks) == len(set(looks)) == 2


def test_weights_without_a_head_are_hollow_and_a_family_is_named_once():
    bare = ROWS[1] | {"model": "bare", "head": "none"}
    figure = zoo_accuracy([*ROWS, bare], "GMAC", title="With and without")
    (ax,) = figure.axes
    assert [line.get_fillstyle() for line in ax.lines] == ["full", "none", "none"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["CNN", "self-supervised"]
    assert "hollow: weights without a head" in figure.get_supxlabel().replace("\n", " ")


def test_nothing_is_cut_off(drawn):
    for name, figure in drawn.items():
        figure.draw_without_rendering()
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) > -0.01, name


def test_rows_without_any_accuracy_are_refused():
    with pytest.raises(DataError, match="no row has a published accuracy"):
        zoo_accuracy(ROWS[3:], "GMAC", title="Nothing")
