"""Random weights by seed, with everybody else's random numbers left as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """In this context random numbers on the CPU follow from ``seed``; behind it they go on as before.

    A GPU's generators are not touched, nor is a GPU started: ``torch.manual_seed`` would set them all.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
