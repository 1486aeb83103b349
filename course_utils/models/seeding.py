"""seeded(): random numbers that follow from a seed, for as long as a network is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """In this context random numbers on the CPU follow from ``seed``; after it they continue as before.

    A GPU's generators are not touched, nor is a GPU started: ``torch.manual_seed`` would set them all, which
    takes longer than a small network's forward pass.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
