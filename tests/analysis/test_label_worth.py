"""What a better start is worth in labels: interpolation, ends of the curve, and the sentence."""

import math

import pytest

from course_utils.analysis.arms import describe_worth, labels_needed, worth
from course_utils.errors import DataError

CURVE = {1000: 0.5, 10: 0.2, 100: 0.4}


@pytest.mark.parametrize(
    "accuracy, expected",
    [(0.45, 10**2.5), (0.3, 10**1.5), (0.4, 100), (0.5, 1000), (0.2, 10), (0.05, 10), (0.51, math.inf)],
)
def test_labels_needed(accuracy, expected):
    assert labels_needed(CURVE, accuracy) == pytest.approx(expected)


def test_a_wavy_curve_counts_where_it_gets_there_first():
    assert labels_needed({10: 0.2, 100: 0.4, 1000: 0.3, 10000: 0.5}, 0.35) == pytest.approx(10**1.75)


def test_a_curve_needs_a_point():
    with pytest.raises(DataError):
        labels_needed({}, 0.5)


def test_worth_is_a_factor():
    better = {10: 0.4, 100: 0.5, 1000: 0.6}
    assert worth(better, CURVE, 10) == pytest.approx(10)
    assert worth(better, CURVE, 1000) == math.inf
    assert worth(CURVE, better, 100) == pytest.approx(0.1)


@pytest.mark.parametrize("told", [worth, describe_worth])
def test_an_amount_that_was_not_measured_is_refused(told):
    with pytest.raises(DataError, match=r"10, 1000(.|\n)*found: +50 images"):
        told({10: 0.4, 1000: 0.6}, CURVE, 50)
    with pytest.raises(DataError, match="amounts: none"):
        told({}, CURVE, 50)


def test_the_sentence_says_what_is_not_known():
    better = {10: 0.4, 1000: 0.6}
    assert describe_worth(better, CURVE, 10) == (
        "40.0% with 10 images; the other start needs about 100, 10.0 times as many"
    )
    assert "does not get there with up to 1,000 images" in describe_worth(better, CURVE, 1000)
    assert "needs 10 or fewer" in describe_worth({10: 0.1}, CURVE, 10)
