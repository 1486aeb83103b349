"""Small blocks and networks on which the checks of chapter 05 run."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from course_utils.models.seeding import seeded

HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


def block(in_channels: int, out_channels: int, stride: int = 1) -> BasicBlock:
    """torchvision's block, with norms that do something; the same at each call."""
    with seeded(5):
        shortcut = None
        if stride != 1 or in_channels != out_channels:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            shortcut = nn.Sequential(projection, nn.BatchNorm2d(out_channels))
        block = _with_lively_norms(BasicBlock(in_channels, out_channels, stride, shortcut)).eval()
        for norm in (m for m in block.modules() if isinstance(m, nn.BatchNorm2d)):
            norm.get_buffer("running_var")[0] = 1e-4  # so that the norm's epsilon shows
        return block


class OwnBlock(BasicBlock):
    """An instance of this class is one of torchvision's, too."""


class Overwriting(BasicBlock):
    """A block that writes zeros into its input, which nobody needs any more."""

    def forward(self, x: Tensor) -> Tensor:
        output = super().forward(x)
        with torch.no_grad():
            x.zero_()
        return output


class SlimResNet(ResNet):
    """torchvision's network with an eighth of the channels after its first stage, quick to copy."""

    def __init__(self, kind: type[nn.Module], layers: list[int], num_classes: int):
        super().__init__(kind, layers, num_classes)
        self.fc = nn.Linear(self.inplanes, num_classes)

    def _make_layer(self, block, planes, *more, **options):
        return super()._make_layer(block, planes if planes == 64 else planes // 8, *more, **options)


def network(kind: Callable[..., nn.Module] = BasicBlock) -> ResNet:
    """A ResNet of five blocks and three classes in eval mode; the same at each call."""
    return copy.deepcopy(_network(kind))


def deep_network() -> ResNet:
    """The same with eleven blocks in its second stage: layer2.10 comes behind layer2.2."""
    deep = network()
    deep.layer2.extend(copy.deepcopy(deep.layer2[1]) for _ in range(9))
    return deep


def bottlenecks() -> ResNet:
    """The same with bottleneck blocks."""
    return network(Bottleneck)


def noise(*shape: int, seed: int = 7) -> Tensor:
    """Normal random numbers; the same at each call."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def hooks(model: nn.Module) -> dict[str, int]:
    """How many hooks each module has, by name; modules without any are left out."""
    counts = {n: sum(len(getattr(m, kind)) for kind in HOOKS) for n, m in model.named_modules()}
    return {name: number for name, number in counts.items() if number}


class Failure(Exception):
    """What a check makes a forward pass raise."""


def fail(*_) -> None:
    """A hook that raises."""
    raise Failure("this forward pass was made to fail")


def interrupt(*_) -> None:
    """A hook that does what Ctrl-C does: this is no Exception."""
    raise KeyboardInterrupt


# What may end a forward pass, and a hook that does it.
ENDS = ((Failure, fail), (KeyboardInterrupt, interrupt))


def patched(model: nn.Module) -> list[str]:
    """Names of the modules whose forward method was overwritten."""
    return [name for name, module in model.named_modules() if "forward" in vars(module)]


@functools.cache
def _network(kind: type[nn.Module]) -> ResNet:
    with seeded(9):
        return _with_lively_norms(SlimResNet(kind, [1, 2, 1, 1], num_classes=3)).eval()


def _with_lively_norms(model: nn.Module) -> nn.Module:
    """Fresh norms hide mistakes: scale 1, offset 0, mean 0, variance 1."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.3)
            nn.init.normal_(module.get_buffer("running_mean"), std=0.3)
            nn.init.uniform_(module.get_buffer("running_var"), 0.5, 1.5)
    return model
