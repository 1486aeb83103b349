"""The architectures that build_model() knows, and how each is built with random weights."""

from __future__ import annotations

from torch import nn
from torchvision.models import get_model

from course_utils.models import lite0

TORCHVISION = (
    "resnet18",
    "resnet34",
    "resnet50",
    "alexnet",
    "squeezenet1_0",
)  # `course fetch` brings weights
ARCHITECTURES = (*TORCHVISION, lite0.ARCH)


def untrained(arch: str, num_classes: int) -> nn.Module:
    """The architecture as its library builds it, with random weights."""
    if arch == lite0.ARCH:
        return lite0.build(num_classes)
    return get_model(arch, weights=None, num_classes=num_classes)
