"""Figures of what is spent: one run is hollow, names are there, and the alt text has the numbers."""

import pytest

from course_utils import plots

DATA = "noise with a tint"


@pytest.fixture(scope="module")
def drawn() -> dict:
    lines = {"1,000 labels": {6: [19.0, 18.0], 20: [14.0, 15.0]}, "45,000 labels": {10: [2.4]}}
    frozen = [("stock", (0.55, 0.57), 37.0), ("nopool", (0.50, 0.52), 141.0)]
    trained = [("stock, 4 epochs", (0.79,), 148.0), ("stock, 40 epochs", (0.85,), 1480.0)]
    return {
        "leads": plots.leads(
            lines,
            title="It shrinks",
            data=DATA,
            note="as many epochs each",
            terms={("1,000 labels", 20): "AdamW", ("45,000 labels", 10): "SGD"},
            errors={("45,000 labels", 10): 1.2},
        ),
        "accuracy_by_work": plots.accuracy_by_work(
            {"frozen": frozen, "trained": trained},
            work_labels=("a (log)", "b (log)"),
            title="Work",
            data=DATA,
            crosses=["stock, 40 epochs"],
        ),
    }


def test_alt_text_has_the_message_and_the_numbers(drawn):
    assert "It shrinks" in drawn["leads"].alt_text
    assert "1,000 labels: 18.5 after 6, 14.5 after 20; 45,000 labels: 2.4 after 10" in drawn["leads"].alt_text
    assert "frozen: stock 56.0 % at 37, nopool 51.0 % at 141" in drawn["accuracy_by_work"].alt_text


def test_axes_have_units_and_the_caption_names_the_data(drawn):
    for fig in drawn.values():
        assert DATA in fig.get_supxlabel()
        assert all("(" in ax.get_xlabel() and "(" in ax.get_ylabel() for ax in fig.axes)


def test_terms_stand_above_their_points_and_one_run_has_its_error(drawn):
    (ax,) = drawn["leads"].axes
    above = {text.get_text(): text.xy for text in ax.texts if text.get_text()}
    assert above["AdamW"] == (20, 15.0) and above["SGD"] == pytest.approx((10, 3.6))
    assert "two standard errors" in drawn["leads"].get_supxlabel()


def test_only_the_points_named_are_crosses(drawn):
    crosses = [
        [line.get_xdata()[0] for line in ax.get_lines() if line.get_marker() == "X"]
        for ax in drawn["accuracy_by_work"].axes
    ]
    assert crosses == [[], [1480.0]]


def test_one_run_is_hollow(drawn):
    for fig, hollow in ((drawn["leads"], 1), (drawn["accuracy_by_work"], 2)):
        markers = [
            line for ax in fig.axes for line in ax.get_lines() if line.get_marker() not in ("", "None")
        ]
        assert sum(line.get_markerfacecolor() == "white" for line in markers) == hollow


def test_no_line_joins_points_of_unlike_runs(drawn):
    (ax,) = drawn["leads"].axes
    assert all(line.get_linestyle() == "None" or len(set(line.get_ydata())) == 1 for line in ax.get_lines())
    for ax in drawn["accuracy_by_work"].axes:
        assert all(
            line.get_linestyle() == "None" or len(set(line.get_xdata())) == 1 for line in ax.get_lines()
        )


def test_nothing_is_cut_off(drawn):
    for fig in drawn.values():
        fig.draw_without_rendering()
        box, (width, height) = fig.get_tightbbox(), fig.get_size_inches()
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) > -0.01
