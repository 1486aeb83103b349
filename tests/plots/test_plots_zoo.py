"""Figures of the model zoo: what they say, and that nothing is cut off."""

import pytest

from course_utils.errors import DataError
from course_utils.plots.zoo import accuracy_by_size, price_of_size, zoo_accuracy

pytestmark = pytest.mark.filterwarnings("error")  # a missing glyph is a warning
ROWS = [
    {"model": "small", "family": "CNN", "top-1": 0.72, "GMAC": 0.25, "parameters (M)": 3.5},
    {"model": "large", "family": "CNN", "top-1": 0.7, "GMAC": 16.0, "parameters (M)": 138.0},
    {"model": "vit", "family": "Transformer", "top-1": 0.81, "GMAC": 17.6, "parameters (M)": 86.6},
    {"model": "unknown", "family": "self-supervised", "top-1": None, "GMAC": 5.0, "parameters (M)": 22.0},
]
SIZES = {96: (0.07, 0.839), 128: (0.125, 0.866), 224: (0.384, 0.907)}


@pytest.fixture(scope="module")
def drawn():
    return {
        "accuracy": zoo_accuracy(
            ROWS, "parameters (M)", title="Large is behind small", pair=("small", "large")
        ),
        "work": price_of_size(SIZES, title="The last step buys least", data="cartoons", chosen=128),
    }


def test_accuracy_by_size_has_a_panel_a_run_the_chance_line_and_all_numbers():
    lines = {"small": {32: 0.6, 64: 0.5}, "large": {32: 0.4, 64: 0.7}}
    figure = accuracy_by_size({"yours": lines, "recorded": lines}, title="Size decides", chances=(0.5, 0.1))
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["yours", "recorded"]
    for ax in figure.axes:
        assert ax.get_xlabel() == "input size (pixels a side)"
        assert [text.get_text() for text in ax.texts if text.get_text() == "guessing"]
        assert {"60.0", "40.0", "70.0", "50.0"} <= {text.get_text() for text in ax.texts}
        assert list(ax.get_xticks()) == [32, 64]
    assert figure.axes[0].get_ylabel() == "accuracy (%)"
    assert "recorded, large: 40.0 % at 32 px, 70.0 % at 64 px" in figure.alt_text
    assert "guessing gives 10.0 %" in figure.alt_text


def test_bars_reach_two_standard_errors_of_the_images_and_are_told():
    lines = {"small": {32: 0.6, 64: 0.5}, "large": {32: 0.4, 64: 0.7}}
    figure = accuracy_by_size({"yours": lines}, title="Size decides", chances=(0.1,), images=(400,))
    (low, high) = figure.axes[0].collections[0].get_segments()[1][:, 1]
    assert (low, high) == pytest.approx((45, 55)) and "two standard errors" in figure.get_supxlabel()
    work = price_of_size(SIZES, title="Work", data="cartoons", images=5000)
    assert len(work.axes[0].collections[0].get_segments()) == 3 and "two standard errors" in work.alt_text


def test_a_ring_marks_models_and_says_why():
    figure = zoo_accuracy(ROWS, "GMAC", title="Rings", ringed=("second recipe", ["vit"]))
    (ring,) = figure.axes[0].lines
    assert tuple(ring.get_xydata()[0]) == (17.6, 81.0) and ring.get_fillstyle() == "none"
    assert (
        "ring: second recipe" in figure.get_supxlabel().replace("\n", " ")
        and "Ring: second recipe: vit" in figure.alt_text
    )


def test_alt_text_has_title_and_numbers(drawn):
    for name, figure in drawn.items():
        assert figure.get_suptitle() in figure.alt_text.replace("\n", " "), name
    assert "large 70.0 % at 138, 16.00 GMAC" in drawn["accuracy"].alt_text
    assert "86.6 % at 128 px and 0.12 GMAC" in drawn["work"].alt_text
    assert "unknown" not in drawn["accuracy"].alt_text


def test_axes_carry_units_and_families_have_their_own_look(drawn):
    (ax,) = drawn["accuracy"].axes
    assert ax.get_ylabel() == "top-1 accuracy (%)" and ax.get_xlabel() == "parameters (M)"
    looks = {tuple(points.get_facecolor()[0]) for points in ax.collections}
    assert len(looks) == len(ax.collections) == 2
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert named == ["CNN", "Transformer", "0.3 GMAC", "4 GMAC", "16 GMAC"]


def test_the_area_of_a_point_grows_with_its_work_and_a_line_joins_the_pair(drawn):
    (ax,) = drawn["accuracy"].axes
    small, large = ax.collections[0].get_sizes()
    assert large / small == pytest.approx((16 / 0.25) ** 0.5)
    (line,) = ax.lines
    assert [tuple(point) for point in line.get_xydata()] == [(3.5, 72.0), (138.0, 70.0)]
    assert not zoo_accuracy(ROWS, "GMAC", title="No pair").axes[0].lines


def test_steps_are_what_the_printed_percentages_give_and_the_chosen_size_is_ringed(drawn):
    (ax,) = drawn["work"].axes
    told = [text.get_text() for text in ax.texts]
    assert "+2.7 points for 1.8 times the work" in told and "+4.1 points for 3.1 times the work" in told
    assert "128 px: 86.6 %" in told
    ring = ax.lines[-1]
    assert ring.get_fillstyle() == "none" and tuple(ring.get_xydata()[0]) == pytest.approx((0.125, 86.6))
    assert len(price_of_size(SIZES, title="None", data="cartoons", chosen=100).axes[0].lines) == 1


def test_nothing_is_cut_off(drawn):
    for name, figure in drawn.items():
        figure.draw_without_rendering()
        box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) > -0.01, name


def test_rows_without_any_accuracy_are_refused():
    with pytest.raises(DataError, match="no row has a published accuracy"):
        zoo_accuracy(ROWS[3:], "GMAC", title="Nothing")
