"""Known mistakes: recognised by what they give, and told with the message that fits."""

from __future__ import annotations

import contextlib
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

NUMBERS = (torch.Tensor, int, float)


@dataclass(frozen=True)
class Mistake:
    """A known mistake: something that makes it, so that it can be recognised by what it gives."""

    imitate: Callable
    likely: str
    remedy: str


def recognise(
    got: object,
    expected: object,
    mistakes: Sequence[Mistake],
    observe: Callable[[Callable], object],
    otherwise: tuple[str, str],
) -> tuple[str, str]:
    """Find the known mistake behind an answer; return its likely cause and remedy.

    Args:
        got: what was observed of the student's answer.
        expected: what should have been observed; if ``got`` equals it, only its type is wrong and
            no mistake is looked for.
        observe: gives the same observation of a mistake's ``imitate``.
        otherwise: likely cause and remedy when no mistake gives ``got``.
    """
    if close(got, expected):
        return otherwise
    for mistake in mistakes:
        with contextlib.suppress(Exception):
            if close(got, observe(mistake.imitate)):
                return mistake.likely, mistake.remedy
    return otherwise


def close(a: object, b: object, rtol: float = 1e-4) -> bool:
    """Whether two observations are equal: whole numbers exactly, floats and tensors within ``rtol``."""
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return len(a) == len(b) and all(close(x, y, rtol) for x, y in zip(a, b))
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    if not isinstance(a, NUMBERS) or not isinstance(b, NUMBERS):
        return type(a) is type(b) and a == b
    a, b = _double(a), _double(b)
    return a.shape == b.shape and torch.allclose(a, b, rtol=rtol, atol=min(rtol, 1e-6), equal_nan=True)


def _double(value: torch.Tensor | float) -> torch.Tensor:
    """A number with all its digits: ``torch.as_tensor`` would round it to float32."""
    if isinstance(value, torch.Tensor):
        return value.detach().double()
    return torch.tensor(float(value), dtype=torch.float64)


def brief(value: object) -> str:
    """A value in a few words: type, shape and numbers, as far as they fit on a line."""
    if isinstance(value, torch.Tensor):
        kind = f"{str(value.dtype).removeprefix('torch.')} tensor {list(value.shape)}"
        return f"{kind}: {brief(value.flatten().tolist())}" if 0 < value.numel() <= 6 else kind
    if isinstance(value, np.ndarray):
        return f"{value.dtype} numpy array {list(value.shape)}"
    if isinstance(value, tuple | list):
        items = ", ".join(brief(item) for item in value[:8]) + (", ..." if len(value) > 8 else "")
        return f"({items})" if isinstance(value, tuple) else f"[{items}]"
    text = f"{value:.5g}" if isinstance(value, float) else re.sub(r" at 0x\w+", "", repr(value))
    return textwrap.shorten(text[:200], 80, placeholder="...")


def few(names: Sequence[str], most: int = 3) -> str:
    """The first names of a list, for a message."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "") or "none"


def first_only(told: str) -> tuple[str, str]:
    """Likely cause and remedy where a loop has ended in its first turn."""
    return f"{told}: a `return` or a `break` ends the loop", "return after the loop, not inside it"


def of_wrong_type(got: object, remedy: str) -> tuple[str, str]:
    """Likely cause and remedy where an answer is of another type than was asked for."""
    kind = type(got).__name__
    if kind == "bool" and not isinstance(got, bool):
        kind = "numpy.bool"
    likely = "a `return` is missing" if got is None else f"it is of type {kind}"
    return likely, remedy
