"""How a check runs: its cases one by one, each passed, failed, skipped or ours."""

from __future__ import annotations

import contextlib
import sysconfig
import textwrap
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from course_utils.checks.graded import own_work, quietly
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

LIBRARIES = (
    str(Path(__file__).resolve().parents[1]),
    str(Path(torch.__file__).resolve().parents[1]),
    sysconfig.get_paths()["stdlib"],
    "<frozen",
)


def needs(*earlier: Callable) -> Callable[[Callable], Callable]:
    """Mark a case to be skipped when one of the ``earlier`` cases did not pass."""

    def mark(case: Callable) -> Callable:
        case.needs = earlier
        return case

    return mark


def run(title: str, cases: Sequence[Callable], *answers: Callable, library: Sequence[Callable] = ()) -> None:
    """Run all cases on a student's answers, print the report, and raise if one failed.

    Args:
        cases: each takes the answers; its docstring's first line is what students see. It returns a
            short detail (or nothing) when all is well, and raises :class:`Wrong` otherwise.
        answers: the student's functions.
        library: functions of course_utils that would be the answer; using one of them fails.

    Raises:
        CheckFailed: after the report, if a case failed.
    """
    guarded = [own_work(answer, *library) for answer in answers]
    outcomes: dict[Callable, Outcome] = {}
    for case in cases:
        earlier = [outcomes[other] for other in getattr(case, "needs", ())]
        outcomes[case] = _wait(case, earlier) or _try(case, guarded)
    report = Report(title, tuple(outcomes.values()))
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
        raise Wrong(expected, _one_line(problem), likely, remedy) from problem


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
        with quietly(), torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(0)
            return Outcome(name, "ok", case(*answers) or "")
    except Wrong as wrong:
        return Outcome(name, "FAIL", rows={k: _shorten(v) for k, v in wrong.rows.items()})
    except LibraryAnswer as problem:
        wrong = Wrong(
            "an answer of your own",
            problem,
            "a function of course_utils does the work",
            "read it if you like, then write out what it does",
        )
        return Outcome(name, "FAIL", rows=wrong.rows)
    except Exception as problem:
        return _crashed(name, problem)


def _crashed(name: str, problem: Exception) -> Outcome:
    """A stub that was left, an exception in the student's code, or one of our own."""
    lines = _lines_of_student(problem)
    if not lines:
        told = f"the check itself broke ({_one_line(problem)}); please report it"
        return Outcome(name, "OURS", told)
    line, innermost = lines[-1], traceback.extract_tb(problem.__traceback__)[-1]
    if isinstance(problem, NotImplementedError) and line == innermost:
        return Outcome(name, "skip", UNTRIED)
    rows = {
        "expected": "no exception",
        "got": _one_line(problem),
        "likely": _shorten(f"line {line.lineno} of your cell: {line.line}"),
        "try": "run that line by itself on a small example",
    }
    return Outcome(name, "FAIL", rows=rows)


def _lines_of_student(problem: Exception) -> list[traceback.FrameSummary]:
    """The lines of a traceback, outermost first, that stand in no library."""
    frames = traceback.extract_tb(problem.__traceback__)
    return [frame for frame in frames if not frame.filename.startswith(LIBRARIES)]


def _one_line(problem: Exception) -> str:
    return _shorten(f"{type(problem).__name__}: {problem}")


def _shorten(text: str) -> str:
    return textwrap.shorten(text, TEXT_WIDTH, placeholder=" ...")


def _name(case: Callable) -> str:
    return (case.__doc__ or case.__name__).strip().splitlines()[0].rstrip(".")
