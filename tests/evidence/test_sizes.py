"""What a larger input costs and buys, read from a record."""

import pytest

from course_utils.evidence import reading, sizes


def record(**accuracies: float) -> dict:
    arms = {sizes.PROBE.format(name[1:]): {"val": [y], "test": [y + 0.01]} for name, y in accuracies.items()}
    return {"arms": arms | {"nearest neighbours, 96 px": {"val": [0.1], "test": [0.1]}}}


def test_steps_go_from_small_to_large_and_subtract_what_is_printed():
    first, second = sizes.steps(record(_128=0.8662, _64=0.8396))
    assert (first.pixels, first.points, first.times) == (64, 0.0, 1.0)
    assert second.points == 2.6 and second.test == pytest.approx(0.8762)
    assert second.times == pytest.approx(4, rel=0.01) and second.gmac == pytest.approx(0.125, rel=0.01)


def test_a_difference_is_that_of_the_percentages_as_printed():
    assert sizes.points(0.53049, 0.29651) == 23.3  # 23.4 before rounding


def test_the_record_has_four_sizes():
    found = sizes.steps(reading.read("start"))
    assert [step.pixels for step in found] == [96, 128, 160, 224]
    assert all(0.8 < step.accuracy < 0.95 for step in found)
