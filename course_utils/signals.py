"""Signals while a block runs: a handler in the place of the usual one, Ctrl-C put off, an alarm clock."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def handled(number: int, handler: Callable[[int, object], object] | signal.Handlers) -> Iterator[None]:
    """In this block ``handler`` gets the signal ``number``; outside of the main thread nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Ctrl-C takes effect at the end of this block; a library in it may take an interrupt for a fault."""
    came: list[int] = []
    with handled(signal.SIGINT, lambda number, _: came.append(number)):
        yield
    if came:
        raise KeyboardInterrupt


@contextmanager
def alarm(seconds: float, ring: Callable[[int, object], object]) -> Iterator[None]:
    """Call ``ring`` in the middle of this block after so many seconds.

    Without effect where the system has no such alarm (Windows), and outside of the main thread.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    with handled(signal.SIGALRM, ring):
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
