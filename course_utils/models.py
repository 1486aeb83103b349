"""Models: build, replace the head, adapt the stem, freeze, and group parameters by learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from torchvision import models as zoo

from course_utils.errors import CourseError, NoHeadError
from course_utils.seeding import seeded

if TYPE_CHECKING:
    from course_utils.weights import Weights

ARCHITECTURES = ("resnet18", "resnet34", "resnet50", "alexnet", "squeezenet1_0")
NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)
STEMS = ("stock", "nopool", "stride1", "conv3x3")


def build_model(
    arch: str,
    weights: Weights | None = None,
    num_classes: int | None = 10,
    stem: str = "stock",
    seed: int = 0,
) -> nn.Module:
    """Build a torchvision classifier, load weights, adapt the stem and put on a new head.

    Args:
        arch: one of ``ARCHITECTURES``.
        weights: from :func:`course_utils.weights.find_weights`; ``None`` means random (from scratch).
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
        model = zoo.get_model(arch, weights=None, num_classes=upstream_classes)
        if weights:
            weights.load_into(model)
        adapt_stem(model, stem)
        if weights and num_classes is not None:
            replace_head(model, num_classes)
    model.start = describe_start(model, arch, weights)
    return model


def find_head(model: nn.Module) -> nn.Module:
    """Return the head: the last layer with parameters, in the order in which they were registered.

    No name is looked at: the head is ``fc`` in ResNet, ``classifier[6]`` in AlexNet, ``heads.head``
    in ViT, and a 1x1 convolution in SqueezeNet.

    Raises:
        NoHeadError: if that layer is neither linear nor a 1x1 convolution.
    """
    layers = [m for m in model.modules() if next(m.parameters(recurse=False), None) is not None]
    head = layers[-1] if layers else None
    pointwise = isinstance(head, nn.Conv2d) and head.kernel_size == (1, 1)
    if isinstance(head, nn.Linear) or pointwise:
        return head
    raise NoHeadError(
        "the head of this model cannot be told from its backbone.",
        expected="a linear layer or a 1x1 convolution as the last layer with parameters",
        found=type(head).__name__ if head else "no layer with parameters",
        do="end the model in nn.Linear(features, classes)",
    )


def replace_head(model: nn.Module, num_classes: int) -> nn.Module:
    """Put a new, random head with ``num_classes`` outputs in the place of the old one; return it.

    Raises:
        NoHeadError: see :func:`find_head`.
    """
    old = find_head(model)
    if isinstance(old, nn.Linear):
        new = nn.Linear(old.in_features, num_classes)
    else:
        new = nn.Conv2d(old.in_channels, num_classes, kernel_size=1)
    _put_in_place_of(model, old, new)
    return new


def new_layers(model: nn.Module) -> list[nn.Module]:
    """The layers that were put in after the weights were loaded (a new head, a new stem)."""
    return [m for m in model.modules() if getattr(m, "is_new", False)]


def freeze_backbone(model: nn.Module) -> int:
    """Make only the head trainable (a linear probe), and any other layer that is not pretrained.

    ``requires_grad=False`` stops the optimizer, not batch norm: its running statistics are buffers
    and drift in training mode. Train with :func:`train_mode`, which keeps frozen modules in eval.

    Returns:
        The number of parameters that stay trainable (5,130 for ResNet-18 with ten classes).

    Raises:
        NoHeadError: see :func:`find_head`.
    """
    head = find_head(model)
    model.requires_grad_(False)
    for layer in {head, *new_layers(model)}:
        layer.requires_grad_(True)
    return count_parameters(model, trainable=True)


def unfreeze(model: nn.Module) -> int:
    """Make every parameter trainable; return how many there are."""
    model.requires_grad_(True)
    return count_parameters(model)


def free_norms_and_last_block(model: nn.Module) -> int:
    """Make all norms, the last block of the backbone and the head trainable (partial fine-tuning).

    The last block is the last child of the last stage, ``layer4[-1]`` in ResNet-18.

    Returns:
        The number of parameters that are trainable.

    Raises:
        NoHeadError: see :func:`find_head`.
        CourseError: if the stage before the head has no blocks.
    """
    head = find_head(model)
    stages = [s for s in model.children() if s is not head and next(s.parameters(), None) is not None]
    blocks = list(stages[-1].children()) if stages else []
    if not blocks or head in stages[-1].modules():
        raise CourseError(
            "this model has no last block in front of its head.",
            expected="stages of blocks, as in ResNet",
            found=type(model).__name__,
        )
    freeze_backbone(model)
    for module in (blocks[-1], *(m for m in model.modules() if isinstance(m, NORMS))):
        module.requires_grad_(True)
    return count_parameters(model, trainable=True)


def train_mode(model: nn.Module) -> None:
    """Put ``model`` in training mode, and everything that is frozen in eval mode.

    So no running statistic of a frozen batch norm moves, and dropout in front of the first trainable
    layer is off: the frozen part gives in training, bit for bit, what it gives in evaluation.
    """
    after_trainable = all(p.requires_grad for p in model.parameters())
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters:
            module.training = any(p.requires_grad for p in parameters)
        else:
            module.training = after_trainable
        own = module.parameters(recurse=False)
        after_trainable = after_trainable or any(p.requires_grad for p in own)


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


def parameter_groups(
    model: nn.Module,
    backbone_lr: float,
    head_lr: float,
    weight_decay: float = 0.0,
    layer_decay: float = 1.0,
) -> list[dict]:
    """Split the trainable parameters into groups for the optimizer, each exactly once.

    Pretrained layers take ``backbone_lr``; the head and any other new layer take ``head_lr``.
    Norms and biases (tensors of one dimension) get no weight decay.

    Args:
        layer_decay: rate of a backbone stage relative to the stage after it (1.0: all the same).
            A stage is a direct child of the model, such as ``layer3``; parameters of the model itself
            (a class token) count as the stage before the first.

    Returns:
        Dicts with ``params``, ``lr``, ``weight_decay`` and ``name``, empty groups left out.
    """
    fresh = {id(p) for m in {find_head(model), *new_layers(model)} for p in m.parameters()}
    stages = [s for s in model.children() if any(id(p) not in fresh for p in s.parameters())]
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
        for p in stage.parameters():
            if id(p) not in fresh:
                add(p, f"backbone-{depth}", backbone_lr * layer_decay**depth)
    for p in model.parameters(recurse=False):
        add(p, f"backbone-{len(stages)}", backbone_lr * layer_decay ** len(stages))
    for p in model.parameters():
        if id(p) in fresh:
            add(p, "new", head_lr)
    return list(groups.values())


def count_parameters(model: nn.Module, trainable: bool = False) -> int:
    """Number of parameters (single numbers, not tensors); with ``trainable`` only those that train."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not trainable)


def describe_start(model: nn.Module, arch: str, weights: Weights | None) -> str:
    """One line: how many tensors were loaded, and which layers are new and random."""
    if weights is None:
        return f"{arch}: all weights random (from scratch)"
    names = {id(m): name for name, m in model.named_modules()}
    new = [names[id(layer)] for layer in new_layers(model)]
    kept = len(model.state_dict()) - sum(len(layer.state_dict()) for layer in new_layers(model))
    fresh = f"new and random: {', '.join(new)}" if new else "upstream head kept"
    return f"{arch}: {kept} tensors from {weights.name}; {fresh}"


def path_of(model: nn.Module, part: nn.Module) -> str:
    """The name of ``part`` in ``model``, such as ``"classifier.6"``."""
    return next(name for name, module in model.named_modules() if module is part)


def _put_in_place_of(model: nn.Module, old: nn.Module, new: nn.Module) -> None:
    parent, _, child = path_of(model, old).rpartition(".")
    setattr(model.get_submodule(parent), child, new)
    new.is_new = True
