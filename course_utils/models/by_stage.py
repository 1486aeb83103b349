"""The stages of a network at one input size: side and channels of their maps, weights, and which are idle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_utils.errors import CourseError
from course_utils.models.freezing import count_parameters

STAGES: Mapping[str, Mapping[str, Sequence[str]]] = {  # architecture: name of a stage: its modules
    "resnet18": {"conv 1": ("conv1", "bn1", "maxpool"), **{f"layer{i}": (f"layer{i}",) for i in range(1, 5)}},
    "alexnet": {
        "conv 1": ("features.0", "features.2"),
        "conv 2": ("features.3", "features.5"),
        "conv 3": ("features.6",),
        "conv 4": ("features.8",),
        "conv 5": ("features.10", "features.12"),
    },
}


@dataclass(frozen=True)
class Stage:
    """A part of a network that ends in a map.

    Attributes:
        side: of its map in pixels.
        idle: how many of its parameters meet nothing but padding at this size.
    """

    name: str
    channels: int
    side: int
    parameters: int
    idle: int


def stages(model: nn.Module, size: int, arch: str) -> list[Stage]:
    """What each stage of ``model`` does to a picture of ``size`` pixels; the model stays as it is.

    A copy gets positive weights, running means of 0 and a positive picture, so that whatever is met at
    all has a gradient.

    Args:
        arch: one of ``STAGES``; the last module of each stage gives its map.

    Raises:
        CourseError: for another architecture.
    """
    if arch not in STAGES:
        raise CourseError(f"no stages are known of {arch!r}.", expected=", ".join(STAGES))
    parts = STAGES[arch]
    copy = deepcopy(model).cpu().eval().double()
    for parameter in copy.parameters():
        nn.init.constant_(parameter.requires_grad_(), 1 / parameter[0].numel())
    for layer in copy.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
    found: dict[str, Tensor] = {}
    for name, modules in parts.items():

        def note(_module: nn.Module, _inputs: object, output: Tensor, name: str = name) -> None:
            found[name] = output

        copy.get_submodule(modules[-1]).register_forward_hook(note)
    copy(torch.ones(1, 3, size, size, dtype=torch.double)).sum().backward()
    return [_stage(name, found[name], [copy.get_submodule(m) for m in parts[name]]) for name in parts]


def _stage(name: str, last: Tensor, inside: Sequence[nn.Module]) -> Stage:
    channels, side = last.shape[1:3]
    return Stage(name, channels, side, sum(map(count_parameters, inside)), sum(map(_idle, inside)))


def _idle(module: nn.Module) -> int:
    gradients = [parameter.grad for parameter in module.parameters()]
    return sum(int((g == 0).sum()) for g in gradients if g is not None)
