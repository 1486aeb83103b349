"""Plain and residual stacks of the same depth and the same parameters, for small images."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from course_utils.errors import CourseError
from course_utils.models.seeding import seeded

WIDTHS = (16, 32, 64)  # channels of the three stages, as in He et al. 2015, section 4.2


class PlainBlock(BasicBlock):
    """A ``BasicBlock`` without its shortcut: the same two convolutions, and nothing is added."""

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(out)))


class PadShortcut(nn.Module):
    """A shortcut to twice the channels and half the size that has no parameters.

    It takes every second pixel and fills the new channels with zeros (option A of the paper).
    """

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, ::2, ::2]
        return F.pad(x, (0, 0, 0, 0, 0, x.shape[1]))


class Stack(nn.Module):
    """The CIFAR network of He et al. 2015, section 4.2: a convolution, three stages, a head.

    Input float ``[N, 3, H, W]``, output logits ``[N, num_classes]``. With ``n`` blocks a stage it has
    ``6 n + 2`` layers with weights.

    Args:
        block: the class of its blocks.
        blocks: ``n``, at least 1.
        norm: the class of its norms; ``nn.Identity`` for none.
    """

    def __init__(self, block: type[BasicBlock], blocks: int, num_classes: int, norm: type[nn.Module]):
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTHS[0], 3, padding=1, bias=False)
        self.bn1 = norm(WIDTHS[0])
        self.relu = nn.ReLU(inplace=True)
        self.stages = nn.ModuleList()
        before = WIDTHS[0]
        for width in WIDTHS:
            self.stages.append(_stage(block, blocks, before, width, norm))
            before = width
        self.fc = nn.Linear(before, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        for stage in self.stages:
            x = stage(x)
        return self.fc(x.mean(dim=(2, 3)))


def build_stack(
    depth: int,
    *,
    residual: bool = True,
    norm: bool = True,
    zero_init: bool = False,
    num_classes: int = 10,
    seed: int = 0,
) -> Stack:
    """Build a plain or residual stack; with the same seed both start from the same weights.

    Args:
        depth: layers with weights, ``6 n + 2``: 8, 14, 20, 32, 56, 110, ...
        residual: with shortcuts (they have no parameters) or without.
        norm: with batch norm after every convolution, or with nothing there.
        zero_init: start the last norm of each block at zero, so that F(x) = 0 at first.

    Raises:
        CourseError: if ``depth`` is not of that form, or a start at zero lacks a norm or a shortcut.
    """
    blocks, rest = divmod(depth - 2, 6)
    if blocks < 1 or rest:
        raise CourseError(f"no stack has {depth} layers.", expected="6 n + 2: 8, 14, 20, 32, 56, 110")
    if zero_init and not norm:
        raise CourseError("there is no norm to start at zero.", do="leave norm=True")
    if zero_init and not residual:
        raise CourseError("without shortcuts a start at zero lets nothing through.", do="leave residual=True")
    kind = BasicBlock if residual else PlainBlock
    with seeded(seed):
        model = Stack(kind, blocks, num_classes, nn.BatchNorm2d if norm else nn.Identity)
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    if zero_init:
        start_at_identity(model)
    return model


def start_at_identity(model: nn.Module) -> None:
    """Set the last norm of every ``BasicBlock`` to zero: F(x) = 0, the block passes its shortcut on."""
    for block in model.modules():
        if isinstance(block, BasicBlock):
            nn.init.zeros_(block.bn2.weight)


def _stage(block, blocks: int, before: int, width: int, norm) -> nn.Sequential:
    first = {} if before == width else {"stride": 2, "downsample": PadShortcut()}
    entry = block(before, width, norm_layer=norm, **first)
    return nn.Sequential(entry, *(block(width, width, norm_layer=norm) for _ in range(blocks - 1)))
