"""What every instant check is made of: cases, outcomes, their report, and the rule against library answers."""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

import torch

PACKAGE = str(Path(__file__).resolve().parents[1])
WIDTH = 46


class Wrong(Exception):
    """A case failed: what was expected, what came, the likely cause, and what to try."""

    def __init__(self, expected: object, got: object, likely: str = "", remedy: str = ""):
        super().__init__(f"expected {expected}, got {got}")
        self.rows = {"expected": expected, "got": got, "likely": likely, "try": remedy}


class CheckFailed(AssertionError):
    """At least one case of a check failed; the report above it says which."""

    def _render_traceback_(self) -> list[str]:
        return [f"CheckFailed: {self}"]


class LibraryAnswer(AssertionError):
    """The answer is, imports or calls the function of course_utils that it was to replace."""

    def _render_traceback_(self) -> list[str]:
        return [f"LibraryAnswer: {self}"]


@dataclass(frozen=True)
class Mistake:
    """A known mistake: a reference that makes it, so that it can be recognised by what it gives."""

    imitate: Callable
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
    """All outcomes of one check; no outcomes at all means that the stub is untouched."""

    title: str
    outcomes: tuple[Outcome, ...] = ()

    @property
    def passed(self) -> int:
        return sum(o.status == "ok" for o in self.outcomes)

    @property
    def failed(self) -> int:
        return sum(o.status == "FAIL" for o in self.outcomes)

    def __str__(self) -> str:
        if not self.outcomes:
            return f"{self.title}\n  not tried yet: replace `raise NotImplementedError` by your answer"
        lines = [self.title]
        for o in self.outcomes:
            lines.append(f"  {o.status:<5} {o.case:<{WIDTH}}  {o.detail}".rstrip())
            lines += [f"          {name:<9} {text}" for name, text in o.rows.items() if text]
        return "\n".join([*lines, f"{self.passed} of {len(self.outcomes)} passed"])


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
    outcomes: list[Outcome] = []
    passed: set[Callable] = set()
    for case in cases:
        if any(earlier not in passed for earlier in getattr(case, "needs", ())):
            outcomes.append(Outcome(_name(case), "skip", "waits for a case above"))
            continue
        outcome = _try(case, guarded)
        if outcome is None:
            outcomes = []
            break
        if outcome.status == "ok":
            passed.add(case)
        outcomes.append(outcome)
    report = Report(title, tuple(outcomes))
    REPORTS[title] = report
    print(report)
    if report.failed:
        raise CheckFailed(f"{title}: {report.failed} of {len(outcomes)} failed")


def recognise(
    got: object, mistakes: Sequence[Mistake], *inputs: object, same: Callable | None = None
) -> tuple[str, str]:
    """Find the known mistake that gives ``got`` for ``inputs``; return its likely cause and remedy."""
    same = same or close
    for mistake in mistakes:
        with contextlib.suppress(Exception):
            if same(got, mistake.imitate(*inputs)):
                return mistake.likely, mistake.remedy
    return "", ""


def close(a: object, b: object) -> bool:
    """Whether two numbers, tensors, or lists of them are equal to float tolerance."""
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(close(x, y) for x, y in zip(a, b))
    a, b = torch.as_tensor(a), torch.as_tensor(b)
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), rtol=1e-4, atol=1e-5)


def own_work(answer: Callable, *library: Callable) -> Callable:
    """Wrap ``answer`` so that it raises :class:`LibraryAnswer` when one of ``library`` runs inside.

    What counts is what runs, so an alias, a partial or an import inside the function is seen too.
    Anything else of course_utils may be used.
    """
    codes = {inspect.unwrap(f).__code__: f for f in library}

    @functools.wraps(answer)
    def guarded(*args, **kwargs):
        seen: list[CodeType] = []

        def watch(frame, event, _):
            if event == "call" and frame.f_code in codes:
                seen.append(frame.f_code)

        before = sys.getprofile()
        sys.setprofile(watch)
        try:
            result = answer(*args, **kwargs)
        finally:
            sys.setprofile(before)
            if seen:
                name = codes[seen[0]].__name__
                raise LibraryAnswer(
                    f"your answer calls course_utils' own `{name}`; write it yourself, in plain PyTorch."
                ) from None
        return result

    return guarded


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Send warnings and progress bars to stdout: nbgrader counts anything on stderr as a failure."""
    with contextlib.redirect_stderr(sys.stdout):
        yield


def _try(case: Callable, answers: Sequence[Callable]) -> Outcome | None:
    """Run one case; ``None`` means that the stub is untouched."""
    name = _name(case)
    try:
        with quietly(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return Outcome(name, "ok", case(*answers) or "")
    except Wrong as wrong:
        return Outcome(name, "FAIL", rows={k: str(v) for k, v in wrong.rows.items()})
    except NotImplementedError as problem:
        return None if _student_line(problem) else _ours(name, problem)
    except LibraryAnswer as problem:
        rows = {
            "expected": "an answer of your own",
            "got": str(problem),
            "likely": "the function was imported from course_utils, or is called inside yours",
            "try": "write out what it does; reading it is allowed",
        }
        return Outcome(name, "FAIL", rows=rows)
    except Exception as problem:
        line = _student_line(problem)
        if not line:
            return _ours(name, problem)
        rows = {
            "expected": "no exception",
            "got": f"{type(problem).__name__}: {str(problem).splitlines()[0] if str(problem) else ''}",
            "likely": f"line {line.lineno} of your cell: {line.line}" if line.line else "",
            "try": "run that line by itself on a small example",
        }
        return Outcome(name, "FAIL", rows=rows)


def _ours(name: str, problem: Exception) -> Outcome:
    return Outcome(
        name, "OURS", f"the check itself broke ({type(problem).__name__}: {problem}); please report it"
    )


def _student_line(problem: Exception) -> traceback.FrameSummary | None:
    """The innermost line of the traceback that stands in student code, not in a library."""
    for frame in reversed(traceback.extract_tb(problem.__traceback__)):
        library = frame.filename.startswith(PACKAGE) or "site-packages" in frame.filename
        if not library and "<frozen" not in frame.filename:
            return frame
    return None


def _name(case: Callable) -> str:
    return (case.__doc__ or case.__name__).strip().splitlines()[0].rstrip(".")
