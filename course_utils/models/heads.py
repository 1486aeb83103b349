"""The head: find it, replace it, and tell it from the backbone."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from course_utils.errors import CourseError, NoHeadError


def tensors_around_head(model: nn.Module) -> list[str]:
    """Names of all tensors in the child of ``model`` that ends in its head (AlexNet's ``classifier``)."""
    child = path_of(model, find_head(model)).split(".")[0]
    return [name for name in model.state_dict() if name.split(".")[0] == child]


def find_head(model: nn.Module) -> nn.Linear | nn.Conv2d:
    """Return the head: the last layer with parameters, in the order in which they were registered.

    No name is looked at: the head is ``fc`` in ResNet, ``classifier[6]`` in AlexNet, ``heads.head``
    in ViT, and a 1x1 convolution in SqueezeNet.

    Raises:
        NoHeadError: if that layer is neither linear nor a 1x1 convolution.
    """
    layers = [m for m in model.modules() if next(m.parameters(recurse=False), None) is not None]
    head = layers[-1] if layers else None
    if isinstance(head, nn.Linear) or (isinstance(head, nn.Conv2d) and head.kernel_size == (1, 1)):
        return head
    raise NoHeadError(
        "the head of this model cannot be told from its backbone.",
        expected="a linear layer or a 1x1 convolution as the last layer with parameters",
        found=type(head).__name__ if head else "no layer with parameters",
        do="end the model in nn.Linear(features, classes)",
    )


def replace_head(model: nn.Module, num_classes: int) -> nn.Linear | nn.Conv2d:
    """Put a new, random head with ``num_classes`` outputs in the place of the old one; return it.

    Raises:
        NoHeadError: see :func:`find_head`.
    """
    old = find_head(model)
    new: nn.Linear | nn.Conv2d
    if isinstance(old, nn.Linear):
        new = nn.Linear(old.in_features, num_classes)
    else:
        new = nn.Conv2d(old.in_channels, num_classes, kernel_size=1)
    parent, _, child = path_of(model, old).rpartition(".")
    setattr(model.get_submodule(parent), child, new)
    return new


def head_and_layers(model: nn.Module, new: Sequence[str]) -> list[nn.Module]:
    """The head of ``model``, and the layers called ``new``: what is not pretrained.

    Raises:
        NoHeadError: see :func:`find_head`.
        CourseError: if ``model`` has no layer of such a name, or ``new`` is a single text.
    """
    if isinstance(new, str):
        raise CourseError("new is one text, not a tuple of names.", do=f"write new=({new!r},)")
    layers = dict(model.named_modules())
    missing = [name for name in new if name not in layers]
    if missing:
        raise CourseError(
            f"this model has no layer {missing[0]!r} to count as new.",
            expected="names as in model.named_modules(), such as 'conv1'",
            do="take them from new_layers(model, weights)",
        )
    return [find_head(model), *(layers[name] for name in new)]


def path_of(model: nn.Module, part: nn.Module) -> str:
    """The name of ``part`` in ``model``, such as ``"classifier.6"``."""
    return next(name for name, module in model.named_modules() if module is part)
