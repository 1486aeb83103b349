"""What an instant check is made of: cases, outcomes, report; and the rule on library answers."""

from __future__ import annotations

import builtins
import contextlib
import functools
import inspect
import sys
import sysconfig
import textwrap
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType

import numpy as np
import torch

LIBRARIES = (
    str(Path(__file__).resolve().parents[1]),
    str(Path(torch.__file__).resolve().parents[1]),
    sysconfig.get_paths()["stdlib"],
    "<frozen",
)
NAME_WIDTH, TEXT_WIDTH = 52, 120
UNTRIED, PASSED = "not tried yet", "passed"
HAND_IN = (
    "Grading tries your functions on other inputs too, so a pass here is likely but not promised.\n"
    "To hand in: run all cells, save the notebook, look a last time with `course check FILE.ipynb` in a\n"
    "terminal (in Colab `!course check FILE.ipynb` in a cell), and upload this one file."
)


class Wrong(Exception):
    """A case failed: what was expected, what came, the likely cause, and what to try."""

    def __init__(self, expected: object, got: object, likely: str, remedy: str):
        super().__init__(f"expected {expected}, got {got}")
        self.rows = {"expected": str(expected), "got": str(got), "likely": likely, "try": remedy}


class CheckFailed(AssertionError):
    """At least one case of a check failed; the report above it says which."""

    def _render_traceback_(self) -> list[str]:
        """Shown by IPython in place of a traceback; it must be a list of str."""
        return [f"CheckFailed: {self}"]


class LibraryAnswer(AssertionError):
    """The answer is, imports or calls the function of course_utils that it was to replace."""

    def _render_traceback_(self) -> list[str]:
        return [f"LibraryAnswer: {self}"]


@dataclass(frozen=True)
class Mistake:
    """A known mistake: something that makes it, so that it can be recognised by what it gives."""

    imitate: object
    likely: str
    remedy: str


@dataclass(frozen=True)
class Outcome:
    """What came of one case; ``status`` is ok, FAIL, skip or OURS (the check itself broke)."""

    case: str
    status: str
    detail: str = ""
    rows: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """All outcomes of one check."""

    title: str
    outcomes: tuple[Outcome, ...]

    def count(self, status: str) -> int:
        return sum(outcome.status == status for outcome in self.outcomes)

    @property
    def tried(self) -> bool:
        return any(outcome.detail != UNTRIED for outcome in self.outcomes)

    def __str__(self) -> str:
        if not self.tried:
            return f"{self.title}\n  {UNTRIED}: replace `raise NotImplementedError` by your answer"
        lines, shown = [self.title], []
        for outcome in self.outcomes:
            repeated = outcome.rows and outcome.rows in shown
            detail = "as above" if repeated else outcome.detail
            lines.append(f"  {outcome.status:<5} {outcome.case:<{NAME_WIDTH}}  {detail}".rstrip())
            if not repeated:
                lines += [f"          {name:<9} {text}" for name, text in outcome.rows.items()]
                shown.append(outcome.rows)
        return "\n".join([*lines, f"{self.count('ok')} of {len(self.outcomes)} passed"])


REPORTS: dict[str, Report] = {}


def needs(*earlier: Callable) -> Callable[[Callable], Callable]:
    """Mark a case to be skipped when one of the ``earlier`` cases did not pass."""

    def mark(case: Callable) -> Callable:
        case.needs = earlier
        return case

    return mark


def run(
    title: str, cases: Sequence[Callable], *answers: Callable, library: Sequence[Callable] = ()
) -> None:
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


def progress(points: dict[str, int], written: dict[str, int]) -> None:
    """Print where you are: for each exercise how its check went, the points so far, how to hand in.

    Args:
        points: what each exercise is worth, by the title of its check.
        written: what each written exercise is worth, by its title.
    """
    states = {title: _state(REPORTS.get(title)) for title in points}
    reached = {title: worth if states[title] == PASSED else 0 for title, worth in points.items()}
    print(f"{'exercise':<40}  {'points':<6}  state")
    for title, worth in points.items():
        print(f"{title:<40}  {reached[title]} of {worth}  {states[title]}")
    for title, worth in written.items():
        print(f"{title + ' (written)':<40}  ? of {worth}  marked by a person")
    by_hand = sum(written.values())
    total = sum(points.values()) + by_hand
    print(f"\nPoints so far: {sum(reached.values())} of {total}; {by_hand} of the {total} are marked by a person.")
    print(HAND_IN)


def _state(report: Report | None) -> str:
    if report is None or not report.tried:
        return UNTRIED
    passed, cases = report.count("ok"), len(report.outcomes)
    return PASSED if passed == cases else f"failing: {passed} of {cases} cases pass"


def recognise(
    got: object,
    expected: object,
    mistakes: Sequence[Mistake],
    observe: Callable[[object], object],
    otherwise: tuple[str, str],
) -> tuple[str, str]:
    """Find the known mistake behind an answer; return its likely cause and remedy.

    Args:
        got: what was observed of the student's answer.
        expected: what should have been observed; if ``got`` equals it, only its type is wrong and
            no mistake is looked for.
        observe: gives the same observation of a mistake's ``imitate``.
        otherwise: likely cause and remedy when no mistake gives ``got``.
    """
    if close(got, expected):
        return otherwise
    for mistake in mistakes:
        with contextlib.suppress(Exception):
            if close(got, observe(mistake.imitate)):
                return mistake.likely, mistake.remedy
    return otherwise


def close(a: object, b: object) -> bool:
    """Whether two observations are equal, numbers and tensors to float tolerance."""
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(close(x, y) for x, y in zip(a, b))
    if not all(isinstance(value, torch.Tensor | int | float) for value in (a, b)):
        return type(a) is type(b) and a == b
    a, b = torch.as_tensor(a), torch.as_tensor(b)
    a, b = a.detach().double(), b.detach().double()
    return a.shape == b.shape and torch.allclose(a, b, rtol=1e-4, atol=1e-6, equal_nan=True)


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


def brief(value: object) -> str:
    """A value in a few words: type, shape and numbers, as far as they fit on a line."""
    if isinstance(value, torch.Tensor):
        kind = f"{str(value.dtype).removeprefix('torch.')} tensor {list(value.shape)}"
        return f"{kind}: {brief(value.flatten().tolist())}" if 0 < value.numel() <= 6 else kind
    if isinstance(value, np.ndarray):
        return f"{value.dtype} numpy array {list(value.shape)}"
    if isinstance(value, tuple | list):
        items = ", ".join(brief(item) for item in value[:8]) + (", ..." if len(value) > 8 else "")
        return f"({items})" if isinstance(value, tuple) else f"[{items}]"
    text = f"{value:.5g}" if isinstance(value, float) else repr(value)
    return textwrap.shorten(text[:200], 80, placeholder="...")


def few(names: Sequence[str], most: int = 3) -> str:
    """The first names of a list, for a message."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "") or "none"


def of_wrong_type(got: object, remedy: str) -> tuple[str, str]:
    """Likely cause and remedy where an answer is of another type than was asked for."""
    likely = "a `return` is missing" if got is None else f"it is of type {type(got).__name__}"
    return likely, remedy


def own_work(answer: Callable, *library: Callable) -> Callable:
    """Wrap ``answer`` so that it raises :class:`LibraryAnswer` when one of ``library`` runs inside.

    What counts is what runs, so an alias, a partial or an import inside the function is seen too.
    Anything else of course_utils may be used.
    """
    codes = {inspect.unwrap(f).__code__: f.__name__ for f in library}

    @functools.wraps(answer)
    def guarded(*args, **kwargs):
        _must_take(answer, args, kwargs)
        used: list[str] = []

        def watch(frame, event, _):
            if event == "call" and frame.f_code in codes:
                used.append(codes[frame.f_code])

        before = sys.getprofile(), threading.getprofile()
        sys.setprofile(watch), threading.setprofile(watch)
        try:
            return answer(*args, **kwargs)
        finally:
            sys.setprofile(before[0]), threading.setprofile(before[1])
            if used:
                raise LibraryAnswer(
                    f"your answer calls course_utils' own `{used[0]}`; write it in plain PyTorch"
                ) from None

    return guarded


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Send warnings and progress bars to stdout: to nbgrader anything on stderr is a failure."""
    with contextlib.redirect_stderr(sys.stdout):
        yield


def hidden(test: Callable[[], float | None]) -> float | None:
    """Run a hidden test: quietly, with torch's usual dtype, and blind to names that hide a builtin.

    A notebook in which ``list`` or ``abs`` stands for something else is tested like any other.

    Returns:
        What the test returns: points, or None if it gives all unless it raises.
    """
    own = test.__globals__.items()
    names = {k: v for k, v in own if k.startswith("__") or not hasattr(builtins, k)}
    names["__builtins__"] = builtins
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with quietly():
            return FunctionType(test.__code__, names, test.__name__)()
    except Exception as problem:
        if not hasattr(problem, "_render_traceback_"):
            with contextlib.suppress(Exception):  # a student's class may refuse it
                problem._render_traceback_ = functools.partial(_plain_traceback, problem)
        raise
    finally:
        torch.set_default_dtype(before)


def _plain_traceback(problem: Exception) -> list[str]:
    """Python's own, in a millisecond; IPython would take 50 for each failing test."""
    in_cell = problem.__traceback__ and problem.__traceback__.tb_next  # the first step is IPython's
    return traceback.format_exception(type(problem), problem, in_cell)


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
        wrong = Wrong("an answer of your own", problem, "a function of course_utils does the work",
                      "read it if you like, then write out what it does")  # fmt: skip
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


def _must_take(answer: object, args: tuple, kwargs: dict) -> None:
    """Refuse what is no function, or takes other arguments than the stub."""
    if not callable(answer):
        remedy = "run the cell of your answer again: its name now stands for something else"
        raise Wrong("a function", brief(answer), "the name was given another value", remedy)
    try:
        signature = inspect.signature(answer)
    except ValueError:  # some functions written in C have none
        return
    try:
        signature.bind(*args, **kwargs)
    except TypeError as problem:
        expected = f"a function that takes {len(args) + len(kwargs)} arguments"
        likely = "the first line of the stub was changed"
        raise Wrong(expected, problem, likely, "put the stub's first line back") from None


def _one_line(problem: Exception) -> str:
    return _shorten(f"{type(problem).__name__}: {problem}")


def _shorten(text: str) -> str:
    return textwrap.shorten(text, TEXT_WIDTH, placeholder=" ...")


def _name(case: Callable) -> str:
    return (case.__doc__ or case.__name__).strip().splitlines()[0].rstrip(".")
