"""AlexNet for small images: its features with one linear layer, He's initialisation, a folded pool."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import torch
from torch import nn
from torchvision.models import alexnet

from course_utils.errors import CourseError
from course_utils.models.seeding import seeded
from course_utils.models.stems import adapt_stem
from course_utils.models.weights import Weights

CHANNELS = 256  # of the last feature map


def build_alexnet(
    weights: Weights | None = None, num_classes: int = 10, stem: str = "stock", seed: int = 0
) -> nn.Sequential:
    """AlexNet's five convolutions, the mean over places, and one linear layer: 2.5 M parameters.

    torchvision's three linear layers (54.6 M parameters with ten classes) are left out, so any
    weights serve, those without a head too. From scratch the convolutions begin as He et al. (2015)
    advise: with torchvision's initialisation the signal fades from layer to layer, and there is no
    batch norm to restore it.

    Args:
        weights: of AlexNet; ``None`` means from scratch.
        stem: one of ``ALEXNET_STEMS``, see :func:`~course_utils.models.stems.adapt_stem`.
        seed: of everything random here.

    Returns:
        A model with the children ``features``, ``pool``, ``flatten`` and ``head``.

    Raises:
        CourseError: if ``stem`` is unknown.
        WeightsError: if ``weights`` are not AlexNet's.
    """
    with seeded(seed):
        with torch.device("meta"):
            features = alexnet().features
        features = features.to_empty(device="cpu")
        fill_after_he(features)
        parts = (
            ("features", features),
            ("pool", nn.AdaptiveAvgPool2d(1)),
            ("flatten", nn.Flatten()),
            ("head", nn.Linear(CHANNELS, num_classes)),
        )
        model = nn.Sequential(OrderedDict(parts))
        if weights:
            weights.of_part("features").load_into(model)
        adapt_stem(model, stem)
    return model


def fill_after_he(layers: Iterable[nn.Module]) -> None:
    """Initialise the convolutions among ``layers`` for ReLUs: He et al. 2015, biases zero."""
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def fold_repeating_pool(model: nn.Module, size: int = 32) -> int:
    """Take the pool out of an AlexNet where it only repeats values, and narrow the layer after it.

    ``AdaptiveAvgPool2d(6)`` on a 3x3 map writes each value four times, so that the first linear layer
    meets each value with four weights. Their sum does the same: 9216 inputs become 2304.

    The outputs are equal in eval mode. Training differs, so this is a network of its own: dropout
    drops a value whole instead of a quarter of it, and one weight moves as four did together.

    Args:
        model: AlexNet from torchvision, its first layers adapted to small images.
        size: side of the input in pixels.

    Returns:
        How many weights were saved.

    Raises:
        CourseError: if the pool does more than repeat.
    """
    pool, linear = getattr(model, "avgpool", None), _first_linear(model)
    if not isinstance(pool, nn.AdaptiveAvgPool2d) or linear is None:
        raise CourseError("this model has no pool to fold.", expected="torchvision's AlexNet")
    goal = pool.output_size if isinstance(pool.output_size, tuple) else (pool.output_size,) * 2
    weight = linear.weight
    with torch.no_grad():
        features = model.get_submodule("features")
        height, width = features(torch.zeros(1, 3, size, size, device=weight.device)).shape[2:]
        if goal[0] % height or goal[1] % width or (height, width) == goal:
            raise CourseError(
                "the pool does more than repeat values.",
                expected=f"a map that goes into {goal[0]}x{goal[1]} a whole number of times, at least twice",
                found=f"{height}x{width} at {size} pixels",
                do="adapt the first layers, or pass size=...",
            )
        taller, wider = goal[0] // height, goal[1] // width
        repeated = weight.view(len(weight), -1, height, taller, width, wider)
        summed = repeated.sum(dim=(3, 5)).flatten(1)
    linear.weight = nn.Parameter(summed, requires_grad=weight.requires_grad)
    linear.in_features = summed.shape[1]
    model.avgpool = nn.Identity()
    return weight.numel() - summed.numel()


def _first_linear(model: nn.Module) -> nn.Linear | None:
    layers = getattr(model, "classifier", nn.Identity()).modules()
    return next((layer for layer in layers if isinstance(layer, nn.Linear)), None)
