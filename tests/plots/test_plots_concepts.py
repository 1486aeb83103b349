"""Figures of chapter 01: caption, alt text, axes, nothing cut off, all starts named."""

import pytest
from matplotlib.collections import PathCollection
from test_plots import CHINESE, DATA, overlapping, png, printed_on

from course_utils import plots
from course_utils.plots import frame

pytestmark = pytest.mark.filterwarnings("error")  # a missing glyph is a warning

AMOUNTS = {
    "from scratch": {300: (0.25, 0.24), 100: (0.18, 0.2)},
    "linear probe": {100: (0.42, 0.41), 300: (0.5, 0.51), 600: (0.57, 0.57)},
}
TASKS = {
    "pretrained": {"as they are": (0.6, 0.62), "colours inverted": (0.5, 0.5)},
    "random": {"as they are": (0.3,), "colours inverted": (0.31,)},
}


@pytest.fixture(scope="module")
def drawn():
    facts = {"data": DATA, "n_images": 50}
    return {
        "vocabulary": plots.vocabulary(),
        "amount": plots.accuracy_by_amount(AMOUNTS, title="More labels help", **facts),
        "beside": plots.beside(
            {f"{DATA}, 50 images": AMOUNTS, "recorded": AMOUNTS}, title="Twice", x_label="labels", log=True
        ),
    }


def test_title_caption_and_alt_text(drawn):
    for name, fig in drawn.items():
        title = fig.get_suptitle()
        assert title in fig.alt_text and len(fig.alt_text) > len(title) + 20, name
        if name == "amount":
            assert DATA in fig.get_supxlabel() and "50 images" in fig.get_supxlabel()


def test_nothing_is_cut_off(drawn):
    for name, fig in drawn.items():
        assert png(fig), name
        fig.draw_without_rendering()
        box, (width, height) = fig.get_tightbbox(), fig.get_size_inches()
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) > -0.01, name


def test_the_words_are_all_there(drawn):
    words = printed_on(drawn["vocabulary"])
    for word in ("upstream", "downstream", "linear probe", "fine-tuning", "backbone", "frozen"):
        assert word in words, word


def test_amounts_are_sorted_on_a_log_axis(drawn):
    (ax,) = drawn["amount"].axes
    assert ax.get_xscale() == "log"
    assert list(ax.lines[0].get_xdata()) == [100, 300]
    assert list(ax.lines[0].get_ydata()) == pytest.approx([19, 24.5])
    assert [t.get_text() for t in ax.get_xticklabels()] == ["100", "300", "600"]
    assert ax.get_xlabel() and "%" in ax.get_ylabel()
    assert "linear probe: 41.5 % at 100" in drawn["amount"].alt_text
    assert "2 seeds" in drawn["amount"].get_supxlabel()


def test_guessing_is_drawn_where_its_accuracy_is_told():
    fig = plots.accuracy_by_amount(AMOUNTS, title="t", data=DATA, n_images=9, chance=0.1)
    assert list(fig.axes[0].lines[-1].get_ydata()) == pytest.approx([10, 10])
    assert "guessing gives 10.0 %" in fig.alt_text


def test_pretrained_and_random_features_have_the_colours_of_the_probe_and_of_scratch():
    fig = plots.beside({DATA: TASKS}, title="t", x_label="task")
    pretrained, random = fig.axes[0].lines
    scratch, probe = (frame.arm_styles([name])[0] for name in ("from scratch", "linear probe"))
    assert (random.get_color(), pretrained.get_color()) == (scratch[0], probe[0])


def test_other_alphabets_are_drawn():
    curves = {name: {10: (0.2,), 20: (0.3,)} for name in CHINESE}
    fig = plots.accuracy_by_amount(curves, title="t", data="照片", n_images=9)
    assert png(fig)


def test_one_run_beside_several_is_hollow_and_said_so():
    curves = {"from scratch": {100: (0.2, 0.22), 300: (0.3, 0.28), 600: (0.4,)}}
    fig = plots.accuracy_by_amount(curves, title="t", data=DATA, n_images=9)
    assert "hollow: one run" in fig.get_supxlabel()
    (hollow,) = [c for c in fig.axes[0].collections if type(c) is PathCollection]
    assert hollow.get_offsets()[0].tolist() == pytest.approx([600, 40])
    every = plots.accuracy_by_amount({"from scratch": {100: (0.2,)}}, title="t", data=DATA, n_images=9)
    assert "hollow" not in every.get_supxlabel()


def test_marked_amounts_are_named():
    marks = [(100, 300, "they cross")]
    fig = plots.accuracy_by_amount(AMOUNTS, title="t", data=DATA, n_images=9, marks=marks)
    assert "they cross" in printed_on(fig) and "they cross between 100 and 300" in fig.alt_text


def test_two_runs_stand_beside_each_other_on_one_scale():
    panels = {"yours": TASKS, "recorded: photographs": TASKS}
    fig = plots.beside(panels, title="Twice", x_label="from near to far", chances=(0.5, 0.1))
    left, right = fig.axes
    assert left.get_ylim() == right.get_ylim() and left.get_title("left") == "yours"
    assert [t.get_text() for t in right.get_xticklabels()] == ["as\nthey\nare", "colours\ninverted"]
    assert "recorded: photographs: pretrained: 61.0 % at as they are" in fig.alt_text
    assert [ax.lines[-1].get_ydata()[0] for ax in fig.axes] == [50, 10]
    assert "guessing gives 50.0 %. guessing gives 10.0 %." in fig.alt_text
    assert overlapping(fig) == []


def test_learning_curves_are_lines_of_seeds_by_epoch():
    lines = plots.by_epoch({"scratch": [[0.1, 0.2, 0.3], [0.2, 0.3, 0.4]]})
    assert lines == {"scratch": {1: (0.1, 0.2), 2: (0.2, 0.3), 3: (0.3, 0.4)}}
    fig = plots.beside({"yours": lines}, title="t", x_label="epoch")
    assert list(fig.axes[0].lines[0].get_ydata()) == pytest.approx([15, 25, 35])


def test_the_weights_are_copied_into_every_network_below():
    fig = plots.vocabulary()
    assert "copied" in printed_on(fig) and "into the other two" in fig.alt_text
