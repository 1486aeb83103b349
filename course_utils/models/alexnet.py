"""AlexNet for small images: stems that accept 32x32, smaller kernels out of trained ones, a folded pool."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torchvision import models as zoo

from course_utils.errors import CourseError
from course_utils.models.building import describe_start, seeded
from course_utils.models.weights import Weights

STEMS = ("stock", "stride1", "conv3x3", "crop", "centre", "resampled")
CHANNELS = 256  # of the last feature map


def centre_crop(weight: Tensor, size: int) -> Tensor:
    """The middle ``size`` x ``size`` taps of kernels ``[out, in, k, k]``.

    Raises:
        CourseError: if the rest cannot be halved (``k - size`` odd or negative).
    """
    rest = weight.shape[-1] - size
    if rest < 0 or rest % 2:
        raise CourseError(
            f"kernels of {weight.shape[-1]} have no middle of {size}.",
            expected="a size that is smaller by an even number",
        )
    first = rest // 2
    return weight[..., first : first + size, first : first + size].clone()


def resample(weight: Tensor, size: int) -> Tensor:
    """Kernels ``[out, in, k, k]`` on a grid of ``size`` x ``size`` taps that covers the same square.

    Each new tap is the sum of what lies in its cell; an old tap on the border of two cells is divided
    by the lengths of its parts. So the sum of a kernel, its answer to an even patch, stays: a picture
    scaled down as much as the kernel gives about the old answer.
    """
    k = weight.shape[-1]
    for axis in (-2, -1):
        fine = weight.repeat_interleave(size, dim=axis)  # k * size equal slices of an old tap
        weight = fine.unflatten(axis, (size, k)).sum(dim=axis) / size
    return weight


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
        stem: see :func:`adapt_stem`.
        seed: of everything random here.

    Returns:
        A model with the children ``features``, ``pool``, ``flatten`` and ``head``; ``model.start``
        says what was loaded.

    Raises:
        CourseError: if ``stem`` is unknown.
        WeightsError: if ``weights`` are not AlexNet's.
    """
    with seeded(seed):
        with torch.device("meta"):
            features = zoo.alexnet().features
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
        adapt_stem(features, stem)
    model.start = describe_start(model, "alexnet", weights)
    return model


def adapt_stem(features: nn.Sequential, mode: str) -> None:
    """Change the first convolution of AlexNet's ``features`` so that 32x32 images go through.

    =========  ==========================  ==========================================  ========
    mode       first convolution           its weights                                 last map
    =========  ==========================  ==========================================  ========
    stock      11x11, stride 4             pretrained                                  none
    stride1    11x11, stride 1             pretrained                                  3x3
    conv3x3    3x3, stride 1               new and random                              3x3
    crop       3x3, stride 1               taps 1 to 3 of each side, **random bias**   3x3
    centre     3x3, stride 1               taps 4 to 6 of each side, bias kept         3x3
    resampled  3x3, stride 1               all taps, see :func:`resample`, bias kept   3x3
    =========  ==========================  ==========================================  ========

    ``crop`` is what tutorials do; its layer passes for pretrained there, so it is not marked as new.

    Raises:
        CourseError: for an unknown mode.
    """
    if mode not in STEMS:
        raise CourseError(f"unknown stem {mode!r}.", expected=", ".join(STEMS))
    old = features[0]
    if mode == "stock":
        return
    if mode == "stride1":
        old.stride, old.padding = (1, 1), (5, 5)
        return
    new = nn.Conv2d(3, old.out_channels, 3, padding=1)
    if mode == "conv3x3":
        new.is_new = True
        fill_after_he([new])
    else:
        small = {
            "crop": old.weight[:, :, 1:4, 1:4],
            "centre": centre_crop(old.weight, 3),
            "resampled": resample(old.weight, 3),
        }
        new.weight.data.copy_(small[mode])
        if mode != "crop":
            new.bias.data.copy_(old.bias)
    features[0] = new


def fill_after_he(layers) -> None:
    """Initialise the convolutions among ``layers`` for ReLUs: He et al. 2015, biases zero."""
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)


def fold_repeating_pool(model: nn.Module, size: int = 32) -> int:
    """Take the pool out of an AlexNet where it only repeats values, and narrow the layer behind it.

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
        height, width = model.features(torch.zeros(1, 3, size, size, device=weight.device)).shape[2:]
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
