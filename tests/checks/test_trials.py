"""Where no known mistake explains an answer, its habits may: constants, memory, lost digits."""

from __future__ import annotations

import itertools
import math

import pytest

from course_utils.checks import trials
from course_utils.checks.report import Wrong
from course_utils.checks.trials import Trial, expect

CALLS = itertools.count()


def third(n: int) -> float:
    return n / 3


def told(answer, right=third, numbers=(100, 200, 400)) -> str:
    """The likely cause that is told for an answer, where ``right`` would be the right one."""
    rows = [Trial(str(n), lambda answer, n=n: answer(n), right(n)) for n in numbers]
    with pytest.raises(Wrong) as failed:
        expect(answer, rows, (), "print it", rtol=1e-9)
    return failed.value.rows["likely"]


def remembers():
    known: dict[str, float] = {}
    return lambda n: known.setdefault("", n / 3)


@pytest.mark.parametrize(
    "answer, likely",
    [
        (lambda n: n + float(next(CALLS)), trials.UNSTABLE),
        (lambda n: 7.0, trials.CONSTANT),
        (lambda n: n / 3 if n < 400 else 200 / 3, trials.EARLIER),
        (lambda n: round(n / 3, 3), trials.ROUNDED),
        (lambda n: round(n / 3, 0), trials.ROUNDED),
        (lambda n: float(math.ceil(n / 3)), trials.ROUNDED),
        (lambda n: n / 3 if n > 100 else None, trials.NOT_REACHED),
        (lambda n: None, "a `return` is missing"),
        (lambda n: n / 3 * (1 + 1e-8), trials.THROUGH_FLOATS),
        (lambda n: n**0.5, trials.UNEXPLAINED),
    ],
)
def test_a_habit_is_named(answer, likely):
    assert told(answer) == (likely if isinstance(likely, str) else likely[0])


def test_a_factor_that_all_numbers_have_is_told():
    assert told(lambda n: -float(n)).startswith("all is -3 times what it should be")
    assert told(lambda n: [n / 2, 1.5], lambda n: [n / 3, 1.0]).startswith("all is 1.5 times")
    assert told(lambda n: [n / 2, 1.0], lambda n: [n / 3, 1.0]) == trials.UNEXPLAINED


def test_a_list_of_other_things_is_told_by_their_type_whatever_its_length():
    assert told(lambda n: [True, False], lambda n: [n]) == "its items are of type bool"


def test_what_was_remembered_is_named():
    assert told(remembers()) == trials.CONSTANT[0]


def test_large_whole_numbers_that_went_through_a_float():
    large = [10**17 + 1, 3 * 10**17 + 1]
    assert told(lambda n: int(float(n)), lambda n: n, large) == trials.THROUGH_FLOATS[0]


def test_a_small_number_that_an_earlier_input_has_too_proves_nothing():
    assert told(lambda n: min(n, 2), lambda n: n, [1, 2, 3]) == trials.UNEXPLAINED
