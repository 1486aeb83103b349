"""Measuring in turn: arms that do the same work, one after the other, round by round."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Arm:
    """One way to do the work of a group.

    Args:
        work: does it once; called in every round.
        images: how many images ``work`` handles; 0 where seconds are the figure.
        flop: floating-point operations for an image, for the fraction of the limit; 0: not counted.
        accuracy: asked after the last round, a fraction.
        warm_up: called once before the first round and not counted, for example to compile.
        goal: how many times as fast as the first arm of the group it should be.
    """

    name: str
    work: Callable[[], object]
    images: int = 0
    flop: float = 0.0
    accuracy: Callable[[], float] | None = None
    warm_up: Callable[[], object] = lambda: None
    goal: float = 1.0


@dataclass(frozen=True)
class Timing:
    """What was measured of an arm.

    Attributes:
        seconds: of each round.
        ratio: median over the rounds of how many times as fast as the first arm in the same round.
        start: seconds of the warm-up.
        accuracy: a fraction, or None.
    """

    arm: Arm
    seconds: tuple[float, ...]
    ratio: float
    start: float
    accuracy: float | None

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def rate(self) -> float:
        """Images a second."""
        return self.arm.images / self.median


def in_turn(arms: Sequence[Arm], repeats: int) -> list[Timing]:
    """Measure ``arms`` in rounds; every second round runs backwards, against drift of the machine."""
    starts = [seconds_of(arm.warm_up) for arm in arms]
    seconds: list[list[float]] = [[] for _ in arms]
    for turn in range(repeats):
        for i in range(len(arms)) if turn % 2 == 0 else reversed(range(len(arms))):
            seconds[i].append(seconds_of(arms[i].work))
    return [
        Timing(
            arm,
            tuple(own),
            statistics.median(b / s for b, s in zip(seconds[0], own)),
            start,
            arm.accuracy() if arm.accuracy else None,
        )
        for arm, own, start in zip(arms, seconds, starts)
    ]


def seconds_of(work: Callable[[], object]) -> float:
    """Wall-clock seconds until ``work`` is done, on the GPU too."""
    _wait_for_gpu()
    start = time.perf_counter()
    work()
    _wait_for_gpu()
    return time.perf_counter() - start


def matrix_product_limit(device: torch.device, side: int) -> float:
    """Floating-point operations a second of a float32 product of two square matrices: the best of five."""
    a, b = torch.randn(2, side, side, device=device)
    torch.mm(a, b)
    return 2 * side**3 / min(seconds_of(lambda: torch.mm(a, b)) for _ in range(5))


def _wait_for_gpu() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
