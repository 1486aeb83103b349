"""Optimizers, and parameter groups with learning rates of their own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from course_utils.models.heads import head_and_layers


def parameter_groups(
    model: nn.Module,
    backbone_lr: float,
    head_lr: float,
    weight_decay: float = 0.0,
    layer_decay: float = 1.0,
    new: Sequence[str] = (),
) -> list[dict]:
    """Split the trainable parameters into groups for the optimizer, each exactly once.

    Pretrained layers take ``backbone_lr``; the head and the layers called ``new`` take ``head_lr``.
    Norms and biases (tensors of one dimension) get no weight decay.

    Args:
        layer_decay: rate of a backbone stage relative to the stage after it (1.0: all the same).
            A stage is a direct child of the model, such as ``layer3``; parameters of the model itself
            (a class token) count as the stage before the first.
        new: names of layers besides the head that are not pretrained, from
            :func:`~course_utils.models.building.new_layers`.

    Returns:
        Dicts with ``params``, ``lr``, ``weight_decay`` and ``name``, empty groups left out.

    Raises:
        NoHeadError: see :func:`~course_utils.models.heads.find_head`.
        CourseError: if there is no layer of such a name.
    """
    not_pretrained = {id(p) for layer in head_and_layers(model, new) for p in layer.parameters()}
    stages = [s for s in model.children() if any(id(p) not in not_pretrained for p in s.parameters())]
    groups: dict[tuple, dict] = {}
    added: set[int] = set()

    def add(parameter: nn.Parameter, name: str, lr: float) -> None:
        if id(parameter) in added or not parameter.requires_grad:
            return
        added.add(id(parameter))
        decay = weight_decay if parameter.ndim > 1 else 0.0
        empty = {"params": [], "lr": lr, "weight_decay": decay, "name": name}
        groups.setdefault((name, decay), empty)["params"].append(parameter)

    for depth, stage in enumerate(reversed(stages)):
        for p in (p for p in stage.parameters() if id(p) not in not_pretrained):
            add(p, f"backbone-{depth}", backbone_lr * layer_decay**depth)
    for p in model.parameters(recurse=False):
        add(p, f"backbone-{len(stages)}", backbone_lr * layer_decay ** len(stages))
    for p in (p for p in model.parameters() if id(p) in not_pretrained):
        add(p, "new", head_lr)
    return list(groups.values())


def sgd(groups: list[dict]) -> torch.optim.SGD:
    """SGD with Nesterov momentum 0.9, which starts at zero.

    If loss scaling skips the first step, torch's fused kernel would otherwise leave in the momentum
    whatever lay in that memory.
    """
    optimizer = torch.optim.SGD(groups, momentum=0.9, nesterov=True, fused=True)
    for parameter in (p for group in groups for p in group["params"]):
        optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter)
    return optimizer


OPTIMIZERS = {
    "adamw": lambda groups: torch.optim.AdamW(groups, fused=True),
    "adam": lambda groups: torch.optim.Adam(groups, fused=True),  # decay as a penalty in the gradient
    "sgd": sgd,
}
