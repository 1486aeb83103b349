"""build_model(): a classifier with its weights, stem and head."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torchvision import models as zoo

from course_utils.errors import CourseError
from course_utils.models.architectures import ARCHITECTURES, untrained
from course_utils.models.heads import _put_in_place_of, new_layers, replace_head
from course_utils.models.weights import Weights

STEMS = ("stock", "nopool", "stride1", "conv3x3")


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """In this context random numbers on the CPU follow from ``seed``; behind it they go on as before.

    A GPU's generators are not touched, nor is a GPU started: ``torch.manual_seed`` would set them all.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


def build_model(
    arch: str,
    weights: Weights | None = None,
    num_classes: int | None = 10,
    stem: str = "stock",
    seed: int = 0,
) -> nn.Module:
    """Build a classifier (torchvision's, or EfficientNet-Lite0): weights loaded, stem adapted, a new head.

    Args:
        arch: one of ``ARCHITECTURES``.
        weights: from :func:`course_utils.models.weights.find_weights`; ``None`` means random (from scratch).
        num_classes: outputs of the new head; ``None`` keeps the upstream head of ``weights``. Weights
            without a head (AlexNet's small ones) leave all of ``classifier`` random.
        stem: how the first layers meet small images, see :func:`adapt_stem`.
        seed: of everything random here, so that the same seed builds the same network.

    Returns:
        The model; ``model.start`` says in one line what was loaded and what is new.

    Raises:
        CourseError: if ``arch`` or ``stem`` is unknown, or an upstream head is to be kept where none is.
        WeightsError: if ``weights`` do not fit ``arch``.
    """
    if arch not in ARCHITECTURES:
        raise CourseError(f"unknown architecture {arch!r}.", expected=", ".join(ARCHITECTURES))
    if weights and not weights.num_classes and num_classes is None:
        raise CourseError(f"{weights.name} come without a head to keep.", do="pass num_classes")
    upstream_classes = (weights and weights.num_classes) or num_classes or 1000
    with seeded(seed):
        model = untrained(arch, upstream_classes)
        if weights:
            weights.load_into(model)
        adapt_stem(model, stem)
        if weights and num_classes is not None:
            replace_head(model, num_classes)
    model.start = describe_start(model, arch, weights)
    return model


def adapt_stem(model: nn.Module, mode: str) -> None:
    """Change how the first layers of a ResNet shrink the image, for inputs of 32x32.

    ========  =====================================  ==================  ==============
    mode      what changes                           conv1's weights     map of layer4
    ========  =====================================  ==================  ==============
    stock     nothing                                pretrained          1x1
    nopool    no max-pool                            pretrained          2x2
    stride1   no max-pool, conv1 at stride 1         pretrained          4x4
    conv3x3   no max-pool, a new 3x3 conv1           **random**          4x4
    ========  =====================================  ==================  ==============

    Raises:
        CourseError: for an unknown mode, or a model whose stem is not ResNet's.
    """
    if mode not in STEMS:
        raise CourseError(f"unknown stem {mode!r}.", expected=", ".join(STEMS))
    if mode == "stock":
        return
    if not isinstance(model, zoo.ResNet):
        raise CourseError(
            f"stem {mode!r} needs a ResNet.",
            found=type(model).__name__,
            do="use stem='stock' and enlarge the input instead",
        )
    model.maxpool = nn.Identity()
    if mode == "stride1":
        model.conv1.stride = (1, 1)
    if mode == "conv3x3":
        new = nn.Conv2d(3, model.conv1.out_channels, 3, stride=1, padding=1, bias=False)
        nn.init.kaiming_normal_(new.weight, mode="fan_out", nonlinearity="relu")
        _put_in_place_of(model, model.conv1, new)


def describe_start(model: nn.Module, arch: str, weights: Weights | None) -> str:
    """One line: how many tensors were loaded, and which layers are new and random."""
    if weights is None:
        return f"{arch}: all weights random (from scratch)"
    names = {id(m): name for name, m in model.named_modules()}
    new = [names[id(layer)] for layer in new_layers(model)]
    kept = len(model.state_dict()) - sum(len(layer.state_dict()) for layer in new_layers(model))
    fresh = f"new and random: {', '.join(new)}" if new else "upstream head kept"
    return f"{arch}: {kept} tensors from {weights.name}; {fresh}"
