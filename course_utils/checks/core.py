"""How a check runs: its cases one by one, each passed, failed, skipped or ours."""

from __future__ import annotations

import contextlib
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch

from course_utils.checks.cells import notebook_names, outdated, watch_cells
from course_utils.checks.crashes import is_open, missing_method, what_to_try
from course_utils.checks.graded import own_work, quietly
from course_utils.checks.limits import Cut, TooLong, time_limit
from course_utils.checks.origins import LIBRARIES
from course_utils.checks.report import (
    REPORTS,
    TEXT_WIDTH,
    UNTRIED,
    CheckFailed,
    LibraryAnswer,
    Outcome,
    Report,
    Wrong,
)
from course_utils.models.seeding import seeded

CASE_SECONDS = 20  # the slowest case takes one; a machine may be busy
MOST_PRINTED = 4000  # characters that an answer may print in a check, about fifty lines

watch_cells()


def needs(*earlier: Callable) -> Callable[[Callable], Callable]:
    """Mark a case to be skipped when one of the ``earlier`` cases did not pass."""

    def mark(case: Callable) -> Callable:
        case.needs = earlier  # type: ignore[attr-defined]  # see _outcomes
        return case

    return mark


def run(title: str, cases: Sequence[Callable], *answers: Callable, library: Sequence[Callable] = ()) -> None:
    """Run all cases on a student's answers, print the report, and raise if one failed.

    An answer that hangs is stopped, and the report is printed too when the student interrupts it.

    Args:
        cases: each takes the answers; its docstring's first line is what students see. It returns a
            short detail (or nothing) when all is well, and raises :class:`Wrong` otherwise.
        answers: the student's functions.
        library: functions of course_utils that would be the answer; using one of them fails.

    Raises:
        CheckFailed: after the report, if a case failed.
    """
    names = _names_of(answers)
    with contextlib.redirect_stdout(Cut(sys.stdout, MOST_PRINTED)):
        outcomes = _outdated(names) or _outcomes(cases, [own_work(answer, *library) for answer in answers])
    report = Report(title, tuple(outcomes), names)
    REPORTS[title] = report
    print(report)
    if failed := report.count("FAIL"):
        raise CheckFailed(f"{title}: {failed} of {len(outcomes)} failed")


@contextlib.contextmanager
def must_work(expected: str, likely: str, remedy: str) -> Iterator[None]:
    """Use what the student made: what breaks in here, outside the student's code too, is not ours."""
    try:
        yield
    except (Wrong, LibraryAnswer):
        raise
    except Exception as problem:
        if _lines_of_student(problem):
            raise
        missing = missing_method(problem, notebook_names())
        raise missing or Wrong(expected, _one_line(problem), likely, remedy) from problem


def _names_of(answers: Sequence[Callable]) -> dict[str, object]:
    """What the notebook calls the answers.

    So :func:`~course_utils.checks.report.progress` sees when one is replaced.
    """
    names = notebook_names()
    return {name: value for name, value in names.items() if any(value is answer for answer in answers)}


def _outdated(names: Mapping[str, object]) -> list[Outcome]:
    """The failure of the cell that was to define an answer anew; what is there is an older one."""
    return [
        Outcome(
            f"the cell that defines {name}",
            "FAIL",
            rows={
                "expected": "a cell that runs to its end",
                "got": _shorten(problem),
                "likely": f"`{name}` is still what an earlier cell made of it, so it was not checked",
                "try": "repair the cell of your answer, run it, then run this check again",
            },
        )
        for name, problem in outdated(names).items()
    ]


def _outcomes(cases: Sequence[Callable], answers: Sequence[Callable]) -> list[Outcome]:
    """What comes of each case; after an interrupt the rest is left."""
    outcomes: dict[Callable, Outcome] = {}
    for case in cases:
        earlier = [outcomes[other] for other in getattr(case, "needs", ())]
        try:
            outcomes[case] = _wait(case, earlier) or _try(case, answers)
        except KeyboardInterrupt as interrupt:
            left = [
                Outcome(_name(other), "skip", "interrupted before") for other in cases[len(outcomes) + 1 :]
            ]
            return [*outcomes.values(), _interrupted(_name(case), interrupt), *left]
    return list(outcomes.values())


def _wait(case: Callable, earlier: Sequence[Outcome]) -> Outcome | None:
    """Skip a case of which an earlier one did not pass."""
    if all(outcome.status == "ok" for outcome in earlier):
        return None
    untried = all(outcome.detail == UNTRIED for outcome in earlier if outcome.status != "ok")
    return Outcome(_name(case), "skip", UNTRIED if untried else "waits for a case above")


def _try(case: Callable, answers: Sequence[Callable]) -> Outcome:
    """Run one case; whatever the answer does to random numbers or gradient mode ends with it."""
    name = _name(case)
    try:
        with quietly(), seeded(0), torch.enable_grad(), time_limit(CASE_SECONDS):
            return Outcome(name, "ok", case(*answers) or "")
    except Wrong as wrong:
        return _failed(name, wrong)
    except LibraryAnswer as problem:
        told = Wrong(
            "an answer of your own",
            problem,
            "a function of course_utils does the work",
            "read it if you like, then write out what it does",
        )
        return Outcome(name, "FAIL", rows=told.rows)
    except TooLong as problem:
        return _stopped(
            name, problem, f"no end within {CASE_SECONDS} seconds", "look at what ends the loop there"
        )
    except SystemExit as problem:
        return _stopped(
            name,
            problem,
            "SystemExit: your answer ends the whole program",
            "return a value in the place of exit()",
        )
    except Exception as problem:
        return _crashed(name, problem)


def _failed(name: str, wrong: Wrong) -> Outcome:
    return Outcome(name, "FAIL", rows={key: _shorten(value) for key, value in wrong.rows.items()})


def _interrupted(name: str, interrupt: KeyboardInterrupt) -> Outcome:
    return _stopped(name, interrupt, "an interrupt", "run the check again; what is above stands")


def _stopped(name: str, problem: BaseException, got: str, remedy: str) -> Outcome:
    """A case that did not come to its end, and the line of the student's at which it stood."""
    lines = _lines_of_student(problem)
    where = f"line {lines[-1].lineno} of your cell: {lines[-1].line}" if lines else "outside of your cell"
    rows = {"expected": "an answer", "got": got, "likely": _shorten(where), "try": remedy}
    return Outcome(name, "FAIL", rows=rows)


def _crashed(name: str, problem: Exception) -> Outcome:
    """A stub that was left, an exception in the student's code, or one of our own."""
    lines = _lines_of_student(problem)
    if not lines:
        if missing := missing_method(problem, notebook_names()):
            return _failed(name, missing)
        told = f"the check itself broke ({_one_line(problem)}); please report it"
        return Outcome(name, "OURS", told)
    line = lines[-1]
    if is_open(problem):
        return Outcome(name, "skip", UNTRIED)
    rows = {
        "expected": "no exception",
        "got": _one_line(problem),
        "likely": _shorten(f"line {line.lineno} of your cell: {line.line}"),
        "try": what_to_try(problem, line.line or ""),
    }
    return Outcome(name, "FAIL", rows=rows)


def _lines_of_student(problem: BaseException) -> list[traceback.FrameSummary]:
    """The lines of a traceback, outermost first, that stand in no library."""
    frames = traceback.extract_tb(problem.__traceback__)
    return [frame for frame in frames if not frame.filename.startswith(LIBRARIES)]


def _one_line(problem: Exception) -> str:
    return _shorten(f"{type(problem).__name__}: {problem}")


def _shorten(text: str) -> str:
    return textwrap.shorten(text, TEXT_WIDTH, placeholder=" ...")


def _name(case: Callable) -> str:
    return (case.__doc__ or case.__name__).strip().splitlines()[0].rstrip(".")
