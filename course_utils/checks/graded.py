"""What graded cells need: quiet output, plain tracebacks, and the refusal of library code as an answer."""

from __future__ import annotations

import builtins
import contextlib
import functools
import inspect
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType

import torch

from course_utils.checks.mistakes import brief
from course_utils.checks.report import LibraryAnswer, Wrong

CHAPTERS = str(Path(__file__).parent) + os.sep


def own_work(answer: Callable, *library: Callable) -> Callable:
    """Wrap ``answer`` so that it raises :class:`LibraryAnswer` when one of ``library`` runs inside.

    What counts is what runs, so an alias, a partial or an import inside the function is seen too. So are
    the reference functions of the checks themselves. Anything else of course_utils may be used.
    """
    codes = {inspect.unwrap(f).__code__: f.__name__ for f in library}

    @functools.wraps(answer)
    def guarded(*args, **kwargs):
        _must_take(answer, args, kwargs)
        given = {getattr(value, "__code__", None) for value in (*args, *kwargs.values())}
        used: list[str] = []

        def watch(frame, event, _):
            if event != "call":
                return
            if frame.f_code in codes:
                used.append(codes[frame.f_code])
            elif frame.f_code not in given and _is_reference(frame):
                used.append(frame.f_code.co_name)

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


def _is_reference(frame: FrameType) -> bool:
    """Whether this is a private function of a check, run by anything but the check itself.

    Methods, local and public functions belong to what checks hand out: small models, hooks, streams.
    """
    code, caller = frame.f_code, frame.f_back
    private = code.co_qualname.startswith(("_", "<lambda>")) and "." not in code.co_qualname
    return private and _in_a_check(code) and not (caller and _in_a_check(caller.f_code))


def _in_a_check(code: CodeType) -> bool:
    """Whether this is code of a chapter's checks: of a folder below this one."""
    folder, _, _ = code.co_filename.rpartition(os.sep)
    return folder.startswith(CHAPTERS)


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
