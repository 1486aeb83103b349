"""torch.compile: when it pays, and what happens without a compiler."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.counting import forward_flops

START_SECONDS = 60  # until a compiled ResNet-18 has made its first steps, on two CPU cores
SHARE_SAVED = 0.15  # of the time of a step
# What training reaches uncompiled; the figure for a GPU is an estimate.
FLOP_PER_SECOND = {"cpu": 7e10, "cuda": 1e13}
FEWEST = 10_000  # images below which no network here is worth it, and nothing is counted


def compile_pays(model: nn.Module, x: Tensor, n_images: int) -> bool:
    """Whether compiling saves more than it costs to start, for training on ``n_images`` in all.

    It depends on the work alone, not on a clock: a run that is repeated or resumed decides the same,
    and compiled arithmetic differs in the last digits.

    Args:
        x: one preprocessed image ``[1, 3, H, W]``.
        n_images: images times epochs.
    """
    if n_images < FEWEST:
        return False
    work = 3 * forward_flops(model, x) * n_images  # the backward pass costs twice the forward pass
    return work / FLOP_PER_SECOND[x.device.type] * SHARE_SAVED > START_SECONDS


def compiled_or_plain(
    model: nn.Module, tell: Callable[[str], None] = print
) -> Callable[[Tensor], Tensor]:
    """The forward pass of ``model``, compiled; after a failure of the compiler the plain one.

    A machine without a C++ compiler loses speed and nothing else.

    Args:
        tell: receives the sentence that says so.
    """
    # Sizes are fixed: an epoch has batches of two sizes at most, and code for one size is faster.
    compiled = torch.compile(model, dynamic=False)

    def forward(x: Tensor) -> Tensor:
        nonlocal compiled
        if compiled is None:
            return model(x)
        try:
            return compiled(x)
        except torch.OutOfMemoryError:
            raise
        except Exception as problem:  # each backend has classes of its own; a fault of the model shows below
            compiled = None
            tell(f"not compiled, training goes on without: {str(problem).splitlines()[0]}")
            return model(x)

    return forward
