"""Limits for what an answer does while it is checked: time, and what it prints."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import TextIO

from course_utils.signals import alarm


class TooLong(BaseException):
    """An answer took too long; no ``except Exception`` of its own shall swallow this."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`TooLong` in here after so many seconds.

    Without effect where the system has no such alarm (Windows), and outside of the main thread.
    """
    with alarm(seconds, _ring):
        yield


def _ring(number: int, frame: object) -> None:
    raise TooLong


class Cut(io.TextIOBase):
    """Hands text on to ``stream`` up to a number of characters, and then says once that it is cut."""

    def __init__(self, stream: TextIO, most: int):
        self.stream, self.room = stream, most

    def write(self, text: str) -> int:
        if self.room > 0:
            self.stream.write(text[: self.room])
            self.room -= len(text)
            if self.room <= 0:
                self.stream.write("\n... (your answer prints more; it is cut here)\n")
        return len(text)

    def flush(self) -> None:
        self.stream.flush()
