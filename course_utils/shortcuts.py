"""Two exact shortcuts for small images, each to be asked for by name: live taps, a folded pool."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.errors import CourseError


class LiveTapsConv(nn.Conv2d):
    """A convolution that is one matrix product where its kernel covers the whole map from every place.

    On a map of 1x1 pixel only the middle tap of a 3x3 kernel meets a pixel; the other eight meet
    zeros, add nothing to the output, and their gradient is zero. On 2x2 each place of the output meets
    all four pixels, with four taps of its own, and five meet zeros. So the convolution is a linear layer
    from all pixels to all places: without the zeros, and for the whole batch at once, where torch's
    library goes image by image. On larger maps this is ``nn.Conv2d``.
    """

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = (first_taps(self, x, axis) for axis in (0, 1))
        if rows is None or columns is None:
            return super().forward(x)
        matrix = _as_matrix(self.weight, rows, columns, x.shape[2:])
        bias = None if self.bias is None else self.bias.repeat(len(rows) * len(columns))
        y = F.linear(x.permute(0, 2, 3, 1).flatten(1), matrix, bias)
        return y.view(len(x), len(rows), len(columns), self.out_channels).permute(0, 3, 1, 2)


def first_taps(conv: nn.Conv2d, x: Tensor, axis: int) -> list[int] | None:
    """For each place of the output along ``axis`` (0: rows, 1: columns): the tap on the first pixel of ``x``.

    ``None`` if from some place the kernel does not cover all pixels. At place ``o`` pixel ``i`` meets tap
    ``i + padding - o * stride``.
    """
    size, kernel = x.shape[2 + axis], conv.kernel_size[axis]
    stride, padding = conv.stride[axis], conv.padding[axis]
    places = (size + 2 * padding - kernel) // stride + 1
    taps = [padding - place * stride for place in range(places)]
    covered = taps and min(taps) >= 0 and max(taps) + size <= kernel
    return taps if covered else None


def _as_matrix(weight: Tensor, rows: list[int], columns: list[int], size: tuple[int, int]) -> Tensor:
    """The kernel ``[O, C, *taps]`` as a matrix from all pixels to all places, ``[places * O, pixels * C]``.

    One ``unbind`` takes all taps apart: indexing them one by one would make the backward pass fill a
    whole kernel with zeros for each.
    """
    height, width = size
    across = weight.shape[3]
    taps = weight.permute(0, 2, 3, 1).flatten(1, 2).unbind(1)
    return torch.cat([
        torch.cat([taps[r * across + c] for r in range(top, top + height) for c in range(left, left + width)], 1)
        for top in rows
        for left in columns
    ])  # fmt: skip


def use_live_taps(model: nn.Module) -> int:
    """Let the convolutions of ``model`` leave out what meets padding on small maps; return how many may.

    ResNet-18 with the stock stem has 2x2 maps in ``layer3`` and 1x1 maps in ``layer4`` at 32x32 input:
    it trains 1.3 times as fast (two threads of an AMD EPYC with AVX-512). Outputs and gradients are
    those of the full kernels up to rounding, and the parameters are the very same, so optimizers and
    ``state_dict`` do not notice. :func:`use_all_taps` undoes it.
    """
    return _exchange(model, nn.Conv2d, LiveTapsConv)


def use_all_taps(model: nn.Module) -> int:
    """Undo :func:`use_live_taps`; return how many convolutions are plain again."""
    return _exchange(model, LiveTapsConv, nn.Conv2d)


def fold_repeating_pool(model: nn.Module, size: int = 32) -> int:
    """Take the pool out of an AlexNet where it only repeats values, and narrow the layer behind it.

    ``AdaptiveAvgPool2d(6)`` on a 3x3 map writes each value four times, so that the first linear layer
    meets each value with four weights. Their sum does the same: 9216 inputs become 2304.

    The outputs are equal in eval mode. Training differs, so this is a network of its own: dropout
    drops a value whole instead of a quarter of it, and one weight moves as four did together.

    Args:
        model: AlexNet from torchvision, its first layers adapted to small images.
        size: side of the input in pixels.

    Returns:
        How many weights were saved.

    Raises:
        CourseError: if the pool does more than repeat.
    """
    pool, linear = getattr(model, "avgpool", None), _first_linear(model)
    if not isinstance(pool, nn.AdaptiveAvgPool2d) or linear is None:
        raise CourseError("this model has no pool to fold.", expected="torchvision's AlexNet")
    goal = pool.output_size if isinstance(pool.output_size, tuple) else (pool.output_size,) * 2
    weight = linear.weight
    with torch.no_grad():
        height, width = model.features(torch.zeros(1, 3, size, size, device=weight.device)).shape[2:]
        if goal[0] % height or goal[1] % width or (height, width) == goal:
            raise CourseError(
                "the pool does more than repeat values.",
                expected=f"a map that goes into {goal[0]}x{goal[1]} a whole number of times, at least twice",
                found=f"{height}x{width} at {size} pixels",
                do="adapt the first layers, or pass size=...",
            )
        taller, wider = goal[0] // height, goal[1] // width
        repeated = weight.view(len(weight), -1, height, taller, width, wider)
        summed = repeated.sum(dim=(3, 5)).flatten(1)
    linear.weight = nn.Parameter(summed, requires_grad=weight.requires_grad)
    linear.in_features = summed.shape[1]
    model.avgpool = nn.Identity()
    return weight.numel() - summed.numel()


def _exchange(model: nn.Module, old: type, new: type) -> int:
    """Replace convolutions of exactly the type ``old``, if a matrix of all pixels can do what they do."""
    exchanged = 0
    for parent in list(model.modules()):
        for name, conv in list(parent.named_children()):
            if type(conv) is old and _can_be_a_matrix(conv):
                setattr(parent, name, _same_conv(conv, new))
                exchanged += 1
    return exchanged


def _can_be_a_matrix(conv: nn.Conv2d) -> bool:
    zeros = conv.padding_mode == "zeros" and not isinstance(conv.padding, str)
    return zeros and any(conv.padding) and conv.dilation == (1, 1) and conv.groups == 1


def _same_conv(conv: nn.Conv2d, kind: type) -> nn.Conv2d:
    """A convolution of another class with the same settings and the same parameters."""
    twin = kind(
        conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding,
        bias=conv.bias is not None, device="meta",
    )  # fmt: skip
    twin.weight, twin.bias = conv.weight, conv.bias
    twin.training = conv.training
    if getattr(conv, "is_new", False):
        twin.is_new = True
    return twin


def _first_linear(model: nn.Module) -> nn.Linear | None:
    layers = getattr(model, "classifier", nn.Identity()).modules()
    return next((layer for layer in layers if isinstance(layer, nn.Linear)), None)
