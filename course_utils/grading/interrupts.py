"""What may break into the work on one submission: Ctrl-C when it is done, a clock when it takes too long."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from course_utils.signals import alarm, handled


class TookTooLong(Exception):
    """A submission that keeps the grader from the others."""


@contextmanager
def interrupts_are_kept() -> Iterator[Callable[[], None]]:
    """Ctrl-C interrupts as always, and once more when asked: a library may have swallowed the first one.

    Yields:
        A function that raises KeyboardInterrupt if there was an interrupt at any time since.
    """
    came: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    def ask() -> None:
        if came:
            raise KeyboardInterrupt

    with handled(signal.SIGINT, interrupt):
        yield ask


@contextmanager
def time_limit(seconds: float, what: str) -> Iterator[None]:
    """Break off after so many seconds, where the system has such a clock and we are the main thread.

    Raises:
        TookTooLong: with ``what`` in its sentence.
    """

    def stop(*_: object) -> None:
        raise TookTooLong(f"{what} took more than {seconds:g} seconds")

    with alarm(seconds, stop):
        yield
