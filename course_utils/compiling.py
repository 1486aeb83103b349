"""torch.compile: when it pays, and what happens without a compiler."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.counting import forward_flops

# For a GPU, and estimates: until a compiled network has made its first steps; the share of a step that
# is saved; what training reaches uncompiled, in floating-point operations a second.
START_SECONDS, SHARE_SAVED, FLOP_PER_SECOND = 60, 0.15, 1e13
FEWEST = 10_000  # images below which no network here is worth it, and nothing is counted


def compile_pays(model: nn.Module, x: Tensor, n_images: int) -> bool:
    """Whether compiling saves more than it costs to start, for training on ``n_images`` in all.

    On a CPU it never does: with torch 2.15, ResNet-18 at 32x32 trains compiled at 0.91 to 0.95 times
    the plain speed (CPU seconds, one thread of an AMD EPYC with AVX-512). Convolutions are the same, and
    among what is compiled, the gradient of max-pooling takes six times as long.

    It depends on the work alone, not on a clock: a run that is repeated or resumed decides the same,
    and compiled arithmetic differs in the last digits.

    Args:
        x: one preprocessed image ``[1, 3, H, W]``.
        n_images: images times epochs.
    """
    if x.device.type == "cpu" or n_images < FEWEST:
        return False
    work = 3 * forward_flops(model, x) * n_images  # the backward pass costs twice the forward pass
    return work / FLOP_PER_SECOND * SHARE_SAVED > START_SECONDS


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
