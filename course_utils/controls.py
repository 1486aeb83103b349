"""Control networks: weights in random order, and batch-norm statistics that fit them."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from course_utils.augment import Preprocess
from course_utils.data import ImageSet
from course_utils.evaluate import EVAL_BATCH

# The base class of BatchNorm1d, 2d and 3d: what has running statistics.
BatchNorm = nn.modules.batchnorm._BatchNorm


def permuted_copy(model: nn.Module, seed: int) -> nn.Module:
    """A copy whose weights lie in random order within each tensor: same numbers, no knowledge.

    Tensors of one dimension (biases, scale and shift of norms) stay as they are. The running statistics
    of batch norm describe the old features and are reset: call :func:`estimate_norms` before use.
    """
    generator = torch.Generator().manual_seed(seed)
    control = copy.deepcopy(model)
    with torch.no_grad():
        for weight in (p for p in control.parameters() if p.ndim > 1):
            order = torch.randperm(weight.numel(), generator=generator).to(weight.device)
            weight.copy_(weight.flatten()[order].view_as(weight))
    for norm in _norms(control):
        norm.reset_running_stats()
    return control


@torch.no_grad()
def estimate_norms(model: nn.Module, images: ImageSet, preprocess: Preprocess) -> None:
    """Set the running statistics of every batch norm to the average over batches of ``images``.

    Parameters stay as they are; afterwards the model is in eval mode. Use training images: the
    statistics become a part of the model.
    """
    device = next(model.parameters()).device
    norms = _norms(model)
    momenta = [norm.momentum for norm in norms]
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # PyTorch's sign for a plain average over batches
        norm.train()
    for x in _equal_batches(images.images):
        model(preprocess(x.to(device)))
    for norm, momentum in zip(norms, momenta):
        norm.momentum = momentum
    model.eval()


def _norms(model: nn.Module) -> list[nn.Module]:
    return [m for m in model.modules() if isinstance(m, BatchNorm) and m.track_running_stats]


def _equal_batches(images: Tensor) -> tuple[Tensor, ...]:
    return images.tensor_split(max(1, -(-len(images) // EVAL_BATCH)))
