"""Build a model of the zoo, with or without its published weights, for pictures of any size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from torchvision import models as torchvision_models

from course_utils.models import lite0
from course_utils.models.heads import replace_head
from course_utils.models.seeding import seeded
from course_utils.readable import require_whole_weights
from course_utils.zoo import hub, mocov3
from course_utils.zoo.entries import Entry, find


class Resize(nn.Module):
    """Bilinear resizing in front of a model that refuses small pictures, or all but those of one size."""

    def __init__(self, least: int, model: nn.Module, only_least: bool = False):
        super().__init__()
        self.size, self.only, self.model = least, only_least, model

    def forward(self, x: Tensor) -> Tensor:
        """Map images ``[N, 3, H, W]`` to what ``model`` gives for them at ``least`` pixels, or at more."""
        if x.shape[-1] < self.size or (self.only and x.shape[-1] > self.size):
            x = F.interpolate(x, (self.size, self.size), mode="bilinear", antialias=True)
        return self.model(x)


def build(
    name: str, num_classes: int = 10, size: int = 32, pretrained: bool = False, seed: int = 0
) -> nn.Module:
    """Build a model of the zoo with a new head, for pictures of ``size`` pixels.

    Transformers with a fixed input size are built for ``size``, with smaller patches where that is
    smaller than they were trained for. What refuses small pictures, or large ones, resizes them first.

    Args:
        pretrained: load the entry's weights from this machine (never downloads, see
            :mod:`course_utils.zoo.hub`); otherwise all weights are random.
        seed: of everything random here.

    Returns:
        A model that maps ``[N, 3, size, size]`` to logits ``[N, num_classes]``.

    Raises:
        CourseError: for a name that is not in the zoo.
        WeightsError: if ``pretrained`` and the weights are not on this machine, or were cut off.
    """
    entry = find(name)
    file = hub.local_file(entry) if pretrained else None
    if file:
        require_whole_weights(file)
    with seeded(seed):
        model = MAKERS[entry.library](entry, num_classes, size, file)
    if size < entry.least or (size > entry.least and entry.only_least):
        return Resize(entry.least, model, entry.only_least)
    return model


def _from_torchvision(entry: Entry, num_classes: int, size: int, file: Path | None) -> nn.Module:
    # GoogLeNet has two further heads, which its builder itself drops after loading weights.
    random_googlenet = entry.builder == "googlenet" and file is None
    extra = {"aux_logits": False, "init_weights": False} if random_googlenet else {}
    weights = entry.tag if file else None
    model = torchvision_models.get_model(entry.builder, weights=weights, **extra)
    replace_head(model, num_classes)
    return model


def _from_timm(entry: Entry, num_classes: int, size: int, file: Path | None) -> nn.Module:
    import timm

    loaded: dict[str, Any] = (
        {"pretrained": True, "pretrained_cfg_overlay": {"file": str(file)}} if file else {}
    )
    name = f"{entry.builder}.{entry.tag}"
    return timm.create_model(name, num_classes=num_classes, **_shape(entry, size), **loaded)


def _from_course(entry: Entry, num_classes: int, size: int, file: Path | None) -> nn.Module:
    if entry.builder == "lenet5":
        return LeNet5(num_classes)
    return _lite0(num_classes, pretrained=file is not None)


def _from_moco(entry: Entry, num_classes: int, size: int, file: Path | None) -> nn.Module:
    model = mocov3.backbone(entry.builder, num_classes, **_shape(entry, size))
    if file:
        mocov3.load_into(model, file)
    return model


def _lite0(num_classes: int, pretrained: bool) -> nn.Module:
    model = lite0.build()
    if pretrained:
        model.load_state_dict(lite0.read_state())
    replace_head(model, num_classes)
    return model


def _shape(entry: Entry, size: int) -> dict:
    """What timm's builders must be told about pictures of ``size`` pixels."""
    if not entry.fixed_size or size == entry.size:
        return {}
    return {"img_size": size, **(entry.small if size < entry.size else {})}


MAKERS = {
    "torchvision": _from_torchvision,
    "timm": _from_timm,
    "moco": _from_moco,
    "course": _from_course,
}


class LeNet5(nn.Module):
    """Two convolutions and three linear layers; 62,006 parameters for ten classes.

    The usual modern reading of LeCun et al. (1998): ReLU for the scaled tanh, max-pooling for the
    trainable averages, every map connected to every map, three input channels. The original counts
    60,000 parameters on grey pictures.
    """

    def __init__(self, num_classes: int = 10):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 6, kernel_size=5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, kernel_size=5),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16 * 5 * 5, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, num_classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map images ``[N, 3, 32, 32]`` to logits ``[N, num_classes]``."""
        return self.classifier(self.features(x))
