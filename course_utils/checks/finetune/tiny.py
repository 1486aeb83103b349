"""Small networks and batches on which the checks of chapter 03 run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, ResNet

from course_utils.models.seeding import seeded

T = TypeVar("T")
Batches = list[tuple[Tensor, Tensor]]


class Gate(nn.Module):
    """Squeeze-and-excitation: scales each channel; its layers are called fc1 and fc2 everywhere."""

    def __init__(self, channels: int):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, 2, kernel_size=1)
        self.fc2 = nn.Conv2d(2, channels, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        squeezed = x.mean(dim=(2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(squeezed))))


class GatedNet(nn.Module):
    """A residual network of one block whose head is called ``classifier``, three classes.

    Its last norm, ``classifier_norm``, belongs to the backbone.
    """

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.full((6,), 0.5))
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
        self.block = nn.Sequential(
            nn.Conv2d(4, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), Gate(6), nn.Dropout(0.3)
        )
        self.downsample = nn.Sequential(nn.Conv2d(4, 6, 1, bias=False), nn.BatchNorm2d(6))
        self.classifier_norm = nn.LayerNorm(6)
        self.classifier = nn.Sequential(
            nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3)
        )

    def features(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = F.relu(self.block(x) + self.downsample(x))
        return self.classifier_norm(x.mean(dim=(2, 3)) * self.scale)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x))


class SmallResNet(ResNet):
    """torchvision's ResNet with few and narrow blocks: names, map sizes, stem and layer1 are ResNet-18's.

    Args:
        blocks: so many in each of the four stages.
        classes: outputs of the head.
    """

    def __init__(self, blocks: Sequence[int] = (1, 1, 1, 1), classes: int = 10):
        nn.Module.__init__(self)  # the parent's would draw millions of numbers first
        self._norm_layer, self.groups, self.base_width, self.dilation = nn.BatchNorm2d, 1, 64, 1
        self.inplanes = 64
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        for i, count in enumerate(blocks):
            width, stride = (64, 1) if i == 0 else (16, 2)
            stage = self._make_layer(BasicBlock, width, count, stride)
            self.add_module(f"layer{i + 1}", stage)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(self.inplanes, classes)


class Notes(list):
    """What a model notes; a copy of the model notes it in the same list."""

    def __deepcopy__(self, memo: dict) -> Notes:
        return self


class Watched(nn.Module):
    """A linear classifier that notes, at each call, its mode and whether gradients are recorded."""

    def __init__(self, features: int = 4, classes: int = 3):
        super().__init__()
        self.linear = nn.Linear(features, classes, bias=False)
        self.training_at_calls: list[bool] = Notes()
        self.recording_at_calls: list[bool] = Notes()

    def forward(self, x: Tensor) -> Tensor:
        self.training_at_calls.append(any(module.training for module in self.modules()))
        logits = self.linear(x)
        self.recording_at_calls.append(logits.requires_grad)
        return logits


def gated_net() -> GatedNet:
    """The same small network at each call."""
    return build(GatedNet)


def watched() -> Watched:
    """The same watched classifier at each call."""
    return build(Watched)


def small_resnet() -> SmallResNet:
    """The same small ResNet at each call."""
    return build(SmallResNet)


def build(make: Callable[[], T], seed: int = 3) -> T:
    """A network, or a tensor, whose random numbers depend on the seed alone."""
    with seeded(seed):
        return make()


def images(n: int, size: int = 8, seed: int = 7) -> tuple[Tensor, Tensor]:
    """Random normalised images ``[n, 3, size, size]`` and labels of three classes."""
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, 3, size, size, generator=g), torch.randint(3, (n,), generator=g)


def batches(*sizes: int, seed: int = 7) -> Batches:
    """Batches of these sizes: four features per image, labels of three classes."""
    g = torch.Generator().manual_seed(seed)
    return [(torch.randn(n, 4, generator=g), torch.randint(3, (n,), generator=g)) for n in sizes]
