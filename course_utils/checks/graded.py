"""What graded cells need: quiet output, plain tracebacks, and the refusal of library code as an answer."""

from __future__ import annotations

import _thread
import builtins
import contextlib
import dis
import functools
import inspect
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import torch

from course_utils import values
from course_utils.checks.mistakes import brief
from course_utils.checks.origins import asked_by_a_notebook, in_a_library, in_the_course
from course_utils.checks.processes import TRICKS as HEARD_TRICKS
from course_utils.checks.processes import heard
from course_utils.checks.report import LibraryAnswer, Tampered, Wrong

CHAPTERS = str(Path(__file__).parent) + os.sep
# What an answer needs only to find out who calls it, or to do something unseen.
TRICKS = frozenset(
    {sys.setprofile, sys.settrace, sys._getframe, sys._current_frames, _thread.start_new_thread}
)
# The same in Python's own words, and by the number of their code.
IN_PYTHON = (
    *(threading.setprofile, threading.settrace, inspect.currentframe, inspect.stack),
    BaseProcess.start,  # by a "spawn" or a server, which Python reports to nobody
)
TRICKS_IN_PYTHON = {id(f.__code__): f"{f.__module__}.{f.__qualname__}" for f in IN_PYTHON}
WATCHED_FILES = {f.__code__.co_filename for f in IN_PYTHON}  # in which each function is looked at by itself
LONG = 200  # bytes of code, two for each step
TELLING = {*dis.hasname, *dis.haslocal, *dis.hasconst, *dis.hascompare, *dis.hasfree, dis.opmap["BINARY_OP"]}


def own_work(answer: Callable, *library: Callable) -> Callable:
    """Wrap ``answer`` so that it raises :class:`LibraryAnswer` when one of ``library`` runs inside.

    What counts is what runs, so an alias, a partial or an import inside the function is seen too; so is a
    long function of course_utils that was compiled again from its own text (not one of torchvision's: its
    names are those that an exercise asks for). So are the reference functions of the checks themselves.
    Anything else of course_utils may be used.

    Raises (when the wrapped function is called):
        LibraryAnswer: named what was used.
        Tampered: if the answer looks at the frames of who called it, switches off what watches it, or
            starts another process.
    """

    @functools.wraps(answer)
    def guarded(*args, **kwargs):
        _must_take(answer, args, kwargs)
        given = {getattr(value, "__code__", None) for value in (*args, *kwargs.values())}
        watch = _Watch(library, given)
        with heard() as started:
            try:
                return _watched(watch, answer, args, kwargs)
            except BaseException as problem:
                if _breaks_off(problem):  # raised in `look`, it ends the watching, and Python reports that
                    started[:] = [event for event in started if event not in HEARD_TRICKS]
                raise
            finally:
                if started:
                    does = "calls" if started[0] in HEARD_TRICKS else "starts another process:"
                    watch.tricks.append(f"{does} `{started[0]}`")
                watch.complain()

    return guarded


def _watched(watch: _Watch, answer: Callable, args: tuple, kwargs: dict) -> Any:
    """Call the answer under the watch, which must still stand behind it."""
    before, look = (sys.getprofile(), threading.getprofile()), watch.look
    sys.setprofile(look)
    threading.setprofile(look)
    interrupted = False
    try:
        return answer(*args, **kwargs)
    except BaseException as problem:
        # Raised in `look`, these end the watching; an answer that catches them is still found out.
        interrupted = _breaks_off(problem)
        raise
    finally:
        there = sys.getprofile(), threading.getprofile()
        sys.setprofile(before[0])
        threading.setprofile(before[1])
        if not interrupted and not (there[0] is there[1] is look):
            watch.tricks.append("takes away what watches it, or recurses too deeply")


def _breaks_off(problem: BaseException) -> bool:
    """Whether it may have come at any point, as an interrupt does, and not from the answer itself."""
    return not isinstance(problem, Exception) or isinstance(problem, RecursionError)


class _Watch:
    """Notes what an answer runs and had better not.

    Args:
        library: functions that would be the answer.
        given: code of functions that the check itself hands to the answer.
    """

    def __init__(self, library: Sequence[Callable], given: set[CodeType | None]):
        functions = [inspect.unwrap(f) for f in library]
        if any(type(function) is not FunctionType for function in functions):
            raise Tampered("a function of course_utils was replaced in this notebook; leave that out")
        self.library = {function.__code__: function.__name__ for function in functions}
        self.used: list[str] = []
        self.tricks: list[str] = []
        self._ours = {code: name for code, name in self.library.items() if in_the_course(code)}
        # By number: to hash a code object is to read it, at each call of each function.
        self._names = {id(code): name for code, name in self.library.items()}
        self._fine = {id(code): code for code in given}
        self._fine_files: set[str] = set()
        self._watched_files = WATCHED_FILES | {code.co_filename for code in self.library}

    def look(self, frame: FrameType, event: str, called: Any) -> None:
        """The profile function, see ``sys.setprofile``."""
        if event == "call":
            code = frame.f_code
            if code.co_filename not in self._fine_files and id(code) not in self._fine:
                self._note_call(code, frame.f_back)
        elif event == "c_call" and called in TRICKS and not in_a_library(frame.f_code):
            self.tricks.append(f"calls `{called.__name__}`")

    def complain(self) -> None:
        """Raise what was noted."""
        if self.tricks:
            raise Tampered(f"your answer {self.tricks[0]}; leave that out") from None
        if self.used:
            what = f"your answer calls course_utils' own `{self.used[0]}`; write it in plain PyTorch"
            raise LibraryAnswer(what) from None

    def _note_call(self, code: CodeType, caller: FrameType | None) -> None:
        if id(code) in self._names:
            self.used.append(self._names[id(code)])
        elif _is_reference(code):
            if not (caller and _in_a_check(caller.f_code)):
                self.used.append(code.co_name)
        elif id(code) in TRICKS_IN_PYTHON:
            if asked_by_a_notebook(caller):
                self.tricks.append(f"calls `{TRICKS_IN_PYTHON[id(code)]}`")
        elif not in_a_library(code):
            self._fine[id(code)] = code
            self.used += [name for ours, name in self._ours.items() if _is_copy(code, ours)]
        elif in_the_course(code) or code.co_filename in self._watched_files:
            self._fine[id(code)] = code
        else:
            self._fine_files.add(code.co_filename)  # quicker than by number, which Python reports to `heard`


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Send warnings and progress bars to stdout: to nbgrader anything on stderr is a failure."""
    with contextlib.redirect_stderr(sys.stdout):
        yield


def hidden(test: Callable[[], float | None]) -> float | None:
    """Run a hidden test: quietly, with torch's usual dtype, and blind to names that hide a builtin.

    A notebook in which ``list`` or ``abs`` stands for something else is tested like any other. The test has
    names and builtins of its own, so that nothing which it calls can change them unseen.

    Returns:
        What the test returns: points, or None if it gives all unless it raises.

    Raises:
        Tampered: if these were changed all the same.
    """
    own = test.__globals__.items()
    names = {k: v for k, v in own if k.startswith("__") or not hasattr(builtins, k)}
    known = vars(builtins).copy()
    names["__builtins__"] = known.copy()
    given = names.copy()
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with quietly(), values.in_one_output():
            points = FunctionType(test.__code__, names, test.__name__)()
        if names["__builtins__"] != known:
            raise Tampered("the builtins of a hidden test were changed")
        if any(names.get(name) is not thing for name, thing in given.items()):
            raise Tampered("the names of a hidden test were changed")
        return points
    except Exception as problem:
        if not hasattr(problem, "_render_traceback_"):
            with contextlib.suppress(Exception):  # a student's class may refuse it
                shown = functools.partial(_plain_traceback, problem)
                problem._render_traceback_ = shown  # type: ignore[attr-defined]  # IPython calls it
        raise
    finally:
        torch.set_default_dtype(before)


def _plain_traceback(problem: Exception) -> list[str]:
    """Python's own, in a millisecond; IPython would take 50 for each failing test."""
    in_cell = problem.__traceback__ and problem.__traceback__.tb_next  # the first step is IPython's
    return traceback.format_exception(type(problem), problem, in_cell)


def _is_reference(code: CodeType) -> bool:
    """Whether this is a private function of a check, which nothing but the check itself may run.

    Methods, local and public functions belong to what checks hand out: small models, hooks, streams.
    """
    private = code.co_qualname.startswith(("_", "<lambda>")) and "." not in code.co_qualname
    return private and _in_a_check(code)


def _is_copy(code: CodeType, ours: CodeType) -> bool:
    """Whether it does step by step what a function of ours does that nobody writes twice by chance."""
    long = len(ours.co_code) >= LONG
    alike = (code.co_names, code.co_varnames) == (ours.co_names, ours.co_varnames)
    return long and alike and _steps(code) == _steps(ours)


def _steps(code: CodeType) -> list:
    """What a function loads, stores, computes and compares, in order, wherever it stands.

    Not its instructions themselves: of the same text Python makes others where a name is imported.
    """
    values = (step.argval for step in dis.get_instructions(code) if step.opcode in TELLING)
    return [_steps(value) if isinstance(value, CodeType) else repr(value) for value in values]


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
