"""Memory that nobody wrote to: made to hold NaN, so that reading it never goes well by chance."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch


@contextlib.contextmanager
def empty_is_nan() -> Iterator[None]:
    """Within it ``torch.empty``, and what builds on it, gives NaN, or the largest int."""
    before = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn_only)
