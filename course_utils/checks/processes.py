"""Hears of the processes that a notebook's code starts, and of its tricks, in whatever way it calls for them.

Python reports them to audit hooks, see "Audit events table" in its documentation. Other than a profile
function, a hook also hears what C code calls (``map(os.system, ...)``), and nobody can take it away again.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from functools import cache

from course_utils.checks.origins import asked_by_a_notebook, by_a_notebook
from course_utils.checks.report import Tampered

STARTS = frozenset(
    "os.exec os.fork os.forkpty os.posix_spawn os.spawn os.system pty.spawn subprocess.Popen".split()
)
# What an answer needs only to do something unseen.
TRICKS = frozenset({"sys.setprofile", "sys.settrace", "sys._current_frames"})
BEGIN, END = "course_utils.checks.begin", "course_utils.checks.end"


@contextlib.contextmanager
def heard() -> Iterator[list[str]]:
    """A list that fills with the audit event of what a notebook's code starts or tries in this block.

    Raises:
        Tampered: if something keeps Python from reporting.
    """
    started: list[str] = []
    _listen()
    sys.audit(BEGIN, started)
    if started != [BEGIN]:
        raise Tampered("something in this notebook keeps Python from telling what runs; leave that out")
    started.clear()
    try:
        yield started
    finally:
        sys.audit(END, started)


@cache
def _listen() -> None:
    """Listen from now on, once in each process: Python has no way to take a hook back."""
    listeners: list[list[str]] = []

    def hear(event: str, args: tuple) -> None:
        if event in STARTS or event in TRICKS:
            # A new thread of Python's own sets what watches it.
            asked = asked_by_a_notebook if event in STARTS else by_a_notebook
            if listeners and asked(sys._getframe(1)):
                for started in listeners:
                    started.append(event)
        elif event == BEGIN:
            listeners.append(args[0])
            args[0].append(event)
        elif event == END:
            listeners[:] = [started for started in listeners if started is not args[0]]

    sys.addaudithook(hear)
