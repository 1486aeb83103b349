"""AlexNet for small images: stems that accept 32x32, and one linear layer as its head."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import nn
from torchvision import models as zoo

from course_utils.errors import CourseError
from course_utils.kernels import centre_crop, resample
from course_utils.models import describe_start
from course_utils.seeding import seeded
from course_utils.weights import Weights

STEMS = ("stock", "stride1", "conv3x3", "crop", "centre", "resampled")
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
