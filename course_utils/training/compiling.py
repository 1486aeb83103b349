"""torch.compile: when it pays, and what happens without a compiler."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch._functorch.config
from torch import Tensor, nn

from course_utils.models.cost import forward_flops

# For a GPU, and estimates: until a compiled network has made its first steps; the share of a step that
# is saved; what training reaches uncompiled, in floating-point operations a second.
START_SECONDS, SHARE_SAVED, FLOP_PER_SECOND = 60, 0.15, 1e13
FEWEST = 10_000  # images below which no network here is worth it, and nothing is counted


def compile_pays(model: nn.Module, x: Tensor, n_images: int) -> bool:
    """Whether compiling saves more than it costs to start, for training on ``n_images`` in all.

    On a CPU it never does: with torch 2.15, ResNet-18 at 32x32 trains compiled at 0.91 to 0.95 times
    the plain speed on one thread, and 0.94 to 1.03 times on two (AMD EPYC with AVX-512). Convolutions
    are the same, and among what is compiled, the gradient of max-pooling takes six times as long.

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


def compiled_or_plain(model: nn.Module, notify: Callable[[str], None] = print) -> Callable[[Tensor], Tensor]:
    """The forward pass of ``model``, compiled; after a failure of the compiler the plain one.

    A machine without a C++ compiler loses speed and nothing else.

    Args:
        notify: receives the sentence that says so.
    """
    _compile_the_backward_pass_early()
    torch.compiler.reset()  # code for earlier networks would count against torch's limit of recompilations
    # Sizes are fixed: an epoch has batches of two sizes at most, and code for one size is faster.
    compiled: Callable[[Tensor], Tensor] | None = torch.compile(model, dynamic=False)

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
            reason = getattr(problem, "inner_exception", problem)  # torch wraps what the backend raises
            text = str(reason) or type(reason).__name__
            notify(f"not compiled, training continues without: {text.splitlines()[0]}")
            return model(x)

    return forward


def _compile_the_backward_pass_early() -> None:
    """Along with the forward pass, so that a failure is met in one place.

    By itself torch compiles it within ``loss.backward()``. The setting is not a public one, and older
    versions of torch lack it.
    """
    if hasattr(torch._functorch.config, "force_non_lazy_backward_lowering"):
        torch._functorch.config.force_non_lazy_backward_lowering = True
