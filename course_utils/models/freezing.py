"""Freezing: which parameters train, and which mode each module is in meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import nn

from course_utils.errors import CourseError
from course_utils.models.heads import find_head, head_and_layers

NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)


@contextmanager
def eval_mode(model: nn.Module) -> Iterator[None]:
    """Put all of ``model`` in eval mode, and each module back as it was."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


def freeze_backbone(model: nn.Module, new: Sequence[str] = ()) -> int:
    """Make only the head trainable (a linear probe), and the layers called ``new``.

    ``requires_grad=False`` stops the optimizer, not batch norm: its running statistics are buffers
    and drift in training mode. Train with :func:`train_mode`, which keeps frozen modules in eval.

    Args:
        new: names of layers that are not pretrained either, from
            :func:`~course_utils.models.building.new_layers`: frozen, they would stay random. In a
            ``Phase``: ``prepare=partial(freeze_backbone, new=new)``.

    Returns:
        The number of parameters that stay trainable (5,130 for ResNet-18 with ten classes).

    Raises:
        NoHeadError: see :func:`~course_utils.models.heads.find_head`.
        CourseError: if there is no layer of such a name.
    """
    trained = head_and_layers(model, new)
    model.requires_grad_(False)
    for layer in trained:
        layer.requires_grad_(True)
    return count_parameters(model, trainable=True)


def unfreeze(model: nn.Module) -> int:
    """Make every parameter trainable; return how many there are."""
    model.requires_grad_(True)
    return count_parameters(model)


def free_norms_and_last_block(model: nn.Module, new: Sequence[str] = ()) -> int:
    """Make all norms, the last block of the backbone and the head trainable (partial fine-tuning).

    The last block is the last child of the last stage that has parameters, ``layer4[-1]`` in ResNet-18.

    Args:
        new: see :func:`freeze_backbone`.

    Returns:
        The number of parameters that are trainable.

    Raises:
        NoHeadError: see :func:`~course_utils.models.heads.find_head`.
        CourseError: if the stage before the head has no blocks, or there is no layer of such a name.
    """
    head = find_head(model)
    stages = [s for s in model.children() if s is not head and next(s.parameters(), None) is not None]
    blocks = [b for b in stages[-1].children() if next(b.parameters(), None) is not None] if stages else []
    if not blocks or head in stages[-1].modules():
        raise CourseError(
            "this model has no last block before its head.",
            expected="stages of blocks, as in ResNet",
            found=type(model).__name__,
        )
    freeze_backbone(model, new)
    for module in (blocks[-1], *(m for m in model.modules() if isinstance(m, NORMS))):
        module.requires_grad_(True)
    return count_parameters(model, trainable=True)


def free_last_block(model: nn.Module, new: Sequence[str] = ()) -> int:
    """Make the last block of the backbone and the head trainable; all norms stay frozen.

    Frozen norms keep their running statistics, too (:func:`train_mode`): what comes out of the blocks
    before the last one is bit for bit what it was.

    Args and errors: see :func:`free_norms_and_last_block`.
    """
    free_norms_and_last_block(model, new)
    for module in model.modules():
        if isinstance(module, NORMS):
            module.requires_grad_(False)
    return count_parameters(model, trainable=True)


def train_mode(model: nn.Module) -> None:
    """Put ``model`` in training mode, and everything that is frozen in eval mode.

    So no running statistic of a frozen batch norm moves, and dropout before the first trainable layer
    is off: in training, the frozen part gives bit for bit what it gives in evaluation.
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


def count_parameters(model: nn.Module, trainable: bool = False) -> int:
    """Number of parameters (single numbers, not tensors); with ``trainable`` only those that train."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not trainable)
