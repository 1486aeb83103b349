"""Gradient flow: the norm of the gradient in each layer, and its 95 % range over seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

# Student's t, 97.5 % quantile, by number of seeds.
T_QUANTILE = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571}


def gradient_norms(model: nn.Module, x: Tensor, labels: Tensor) -> dict[str, float]:
    """Norm of the cross-entropy's gradient in the weight of each convolution, from input to output.

    The model is in training mode, so batch norm uses the statistics of this batch.

    Args:
        x: the model's input, float ``[N, 3, H, W]``.
        labels: int64 ``[N]``.
    """
    model.train()
    model.zero_grad()
    F.cross_entropy(model(x), labels).backward()
    layers = {name: m for name, m in model.named_modules() if isinstance(m, nn.Conv2d)}
    return {name: layer.weight.grad.norm().item() for name, layer in layers.items()}


def geometric_range(values: Sequence[float]) -> tuple[float, float, float]:
    """Geometric mean of positive numbers and its 95 % range by Student's t: ``(mean, low, high)``.

    With one number all three are that number.
    """
    logs = [math.log(v) for v in values]
    n, middle = len(logs), sum(logs) / len(logs)
    if n == 1:
        return values[0], values[0], values[0]
    deviation = math.sqrt(sum((v - middle) ** 2 for v in logs) / (n - 1))
    half = T_QUANTILE[n] * deviation / math.sqrt(n)
    return math.exp(middle), math.exp(middle - half), math.exp(middle + half)
