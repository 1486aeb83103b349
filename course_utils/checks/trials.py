"""A case as a row of trials, from small to large: the first that fails is shown, the mistake named."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from course_utils.checks.mistakes import Mistake, brief, close, of_wrong_type
from course_utils.checks.report import Wrong

ALIKE = 5e-4  # of two answers with the same mistake: n and n - 1 below a sum of squares
UNEXPLAINED = "none of the usual mistakes explains this"
UNSTABLE = (
    "the same input gives another answer at the second call: something is kept, or drawn at random",
    "start anew at each call, and keep nothing in globals, defaults or on disk",
)
CONSTANT = (
    "it gives the same for every input",
    "compute it from the arguments",
)
EARLIER = (
    "this is the answer to an earlier input: it was remembered, or a part of the input is not looked at",
    "compute it anew from all of the arguments at each call",
)
THROUGH_FLOATS = (
    "the last digits are lost: a float32 holds 7, a float64 16",
    "stay with int where whole numbers are asked for, and with Python's float or float64 elsewhere",
)
NOT_REACHED = (
    "no `return` is reached with this input, so that the answer is None",
    "look for an `if` that is not met, or a loop that runs out, and return something behind it",
)
ROUNDED = ("it was rounded", "return it with all its digits; round where it is printed")


ROUNDINGS: tuple[Callable[[float], float], ...] = (
    *(partial(round, ndigits=n) for n in range(7)),
    math.ceil,
    math.floor,
)


@dataclass(frozen=True)
class Trial:
    """One input: how it is shown, what ``run`` makes of an answer with it, and what that should be."""

    given: str
    run: Callable[..., object]
    expected: object


def expect(
    answer: Callable,
    trials: Sequence[Trial],
    mistakes: Sequence[Mistake],
    remedy: str,
    rtol: float = 0.0,
) -> None:
    """Raise :class:`Wrong` for the smallest of the trials that an answer gets wrong.

    Types must be those of what is expected, items included; a list may stand for a tuple.

    Args:
        mistakes: one is named only if it gives what the answer gives in every trial.
        remedy: what to try where no known mistake explains the answer.
        rtol: how much floats may differ, as a fraction of the expected one; ints may not.
    """
    for trial in trials:
        got = trial.run(answer)
        mistyped = _mistyped(got, trial.expected)
        if got is None and any(_outcome(answer, other) is not None for other in trials):
            mistyped = NOT_REACHED
        if mistyped:
            raise Wrong(brief(trial.expected), brief(got), *mistyped, given=trial.given)
        if not close(got, trial.expected, rtol):
            told = _apart(trial.expected, got)
            likely = _explain(answer, trials, mistakes, rtol) or _habit(answer, trials, trial, rtol)
            raise Wrong(*told, *(likely or (UNEXPLAINED, remedy)), given=trial.given)


def _explain(
    answer: Callable, trials: Sequence[Trial], mistakes: Sequence[Mistake], rtol: float
) -> tuple[str, str] | None:
    """Likely cause and remedy: of the first mistake that gives in every trial what the answer gives.

    What is right in all of them is no mistake, however near it comes to the answer.
    """
    seen = [_outcome(answer, trial) for trial in trials]
    expected = [trial.expected for trial in trials]
    for mistake in mistakes:
        made = [_outcome(mistake.imitate, trial) for trial in trials]
        if close(seen, made, max(rtol, ALIKE)) and not close(made, expected, rtol):
            return mistake.likely, mistake.remedy
    return None


def _habit(answer: Callable, trials: Sequence[Trial], failed: Trial, rtol: float) -> tuple[str, str] | None:
    """Likely cause and remedy by what any function may do wrong, whatever it is to compute."""
    seen = [_outcome(answer, trial) for trial in trials]
    place = next(i for i, trial in enumerate(trials) if trial is failed)
    if not close(seen[place], _outcome(answer, failed), 0.0):
        return UNSTABLE
    differ = any(not close(trials[0].expected, other.expected) for other in trials[1:])
    if differ and all(close(seen[0], other, 0.0) for other in seen[1:]):
        return CONSTANT
    if any(_telling(e.expected) and close(seen[place], e.expected, rtol) for e in trials[:place]):
        return EARLIER
    if _barely_off(seen[place], failed.expected):
        return THROUGH_FLOATS
    rounded = ([_changed(trial.expected, change) for trial in trials] for change in ROUNDINGS)
    if any(close(seen, few, 1e-7) for few in rounded):
        return ROUNDED
    return _factor(_numbers(seen), _numbers([trial.expected for trial in trials]))


def _factor(got: list[float], expected: list[float]) -> tuple[str, str] | None:
    """Likely cause and remedy where all numbers are the same multiple of what they should be."""
    if (
        len(got) != len(expected)
        or len(set(expected)) < 2
        or not all(map(math.isfinite, got))
        or 0.0 in expected
    ):
        return None
    ratios = [a / b for a, b in zip(got, expected)]
    if not ratios[0] or abs(ratios[0] - 1) < 1e-3 or max(ratios) - min(ratios) > ALIKE * abs(ratios[0]):
        return None
    told = f"all is {ratios[0]:.4g} times what it should be: a factor is missing, or one too many"
    return told, "look for what you multiply or divide by, and how often"


def _numbers(value: object) -> list[float]:
    """All numbers of an outcome in a row; what is none counts as NaN."""
    if isinstance(value, Tensor):
        return [float(number) for number in value.flatten()]
    if isinstance(value, tuple | list):
        return [number for item in value for number in _numbers(item)]
    return [float(value) if isinstance(value, int | float) else math.nan]


def _telling(value: object) -> bool:
    """Whether it is no small number, and no list of them, which another answer may give by chance."""
    if isinstance(value, tuple | list):
        return any(_telling(item) for item in value)
    return not isinstance(value, int) or value > 99


def _barely_off(got: object, expected: object) -> bool:
    """Whether two numbers differ in their last digits alone."""
    if (
        type(got) is not type(expected)
        or not isinstance(got, int | float)
        or not isinstance(expected, int | float)
    ):
        return False
    return math.isfinite(expected) and 0 < abs(got - expected) <= 1e-6 * abs(expected)


def _changed(value: object, change: Callable[[float], float]) -> object:
    """The same with all finite floats changed."""
    if isinstance(value, tuple | list):
        return [_changed(item, change) for item in value]
    return change(value) if isinstance(value, float) and math.isfinite(value) else value


def _outcome(answer: Callable, trial: Trial) -> object:
    """What a trial gives; for an exception, its type."""
    try:
        return trial.run(answer)
    except Exception as problem:
        return type(problem)


def _mistyped(got: object, expected: object) -> tuple[str, str] | None:
    """Likely cause and remedy if ``got``, or one of its items, is of another type than expected."""
    kind = type(expected)
    if type(got) is not kind and not (kind is tuple and isinstance(got, tuple | list)):
        return of_wrong_type(got, f"return a plain {kind.__name__}")
    if not isinstance(got, tuple | list) or not isinstance(expected, tuple | list):
        return None
    found, wanted = _kinds(got), _kinds(expected)
    comparable = len(got) == len(expected) or (kind is list and got and expected)
    if comparable and found != wanted:
        return f"its items are of type {found}", f"return {wanted}"
    return None


def _kinds(items: Sequence[object]) -> str:
    """The types of some items, each once, in their order."""
    return " and ".join(dict.fromkeys(type(item).__name__ for item in items))


def _apart(expected: object, got: object) -> tuple[str, str]:
    """Both in a few words; with all digits where they would look the same."""
    short = brief(expected), brief(got)
    return short if short[0] != short[1] else (repr(expected)[:100], repr(got)[:100])
