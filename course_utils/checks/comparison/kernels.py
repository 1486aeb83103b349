"""Check of exercise kernel_resample: smaller kernels, cut from the middle or resampled."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.models import stems

Resizing = Callable[[Tensor, int], Tensor]


def _cut(first: Callable[[int, int], int]) -> Resizing:
    """A crop that begins at ``first(k, size)``."""

    def crop(weight: Tensor, size: int) -> Tensor:
        i = first(weight.shape[-1], size)
        return weight[..., i : i + size, i : i + size]

    return crop


def _middle(weight: Tensor, size: int) -> Tensor:
    margin = (weight.shape[-1] - size) // 2
    return weight[..., margin : margin + size, margin : margin + size]


def _round_the_centre(weight: Tensor, size: int) -> Tensor:
    """The centre tap and size // 2 on either side."""
    taps = slice(weight.shape[-1] // 2 - size // 2, weight.shape[-1] // 2 + size // 2 + 1)
    return weight[..., taps, taps]


def _three(weight: Tensor, first: int) -> Tensor:
    return weight[..., first : first + 3, first : first + 3]


def _shares(k: int, size: int) -> Tensor:
    """Which part of each old tap lies in each cell, ``[size, k]``."""
    border, tap = torch.arange(size + 1)[:, None] * k / size, torch.arange(k)
    return (torch.minimum(border[1:], tap + 1) - torch.maximum(border[:-1], tap)).clamp_min(0)


def _with_shares(change: Callable[[Tensor], Tensor]) -> Resizing:
    """Resampling with other shares."""

    def resample(weight: Tensor, size: int) -> Tensor:
        share = change(_shares(weight.shape[-1], size))
        return share @ weight @ share.T

    return resample


def _borders_added_up(weight: Tensor, size: int) -> Tensor:
    """Cells whose borders come from adding the step, until the last tap is reached."""
    k, border = weight.shape[-1], [0.0]
    while border[-1] < k:
        border.append(border[-1] + k / size)
    ends, tap = torch.tensor(border)[:, None], torch.arange(k)
    share = (torch.minimum(ends[1:], tap + 1) - torch.maximum(ends[:-1], tap)).clamp_min(0)
    return share @ weight @ share.T


def _spread(weight: Tensor, size: int) -> Tensor:
    small = _interpolated("area")(weight, size)
    missing = weight.sum((2, 3), keepdim=True) - small.sum((2, 3), keepdim=True)
    return small + missing / size**2


def _whole_cells(weight: Tensor, size: int) -> Tensor:
    step = weight.shape[-1] // size
    kept = weight[..., : step * size, : step * size]
    return F.avg_pool2d(kept, step) * step**2


def _cut_channels(weight: Tensor, size: int) -> Tensor:
    i = (weight.shape[-1] - size) // 2
    return weight[i : i + size, i : i + size]


def _interpolated(mode: str, **options) -> Resizing:
    """F.interpolate, times the number of old taps a new one stands for."""

    def resample(weight: Tensor, size: int) -> Tensor:
        scale = (weight.shape[-1] / size) ** 2
        return F.interpolate(weight, (size, size), mode=mode, **options) * scale

    return resample


def _rescaled(mode: str) -> Resizing:
    """F.interpolate, and each kernel multiplied so that its sum is the old one."""

    def resample(weight: Tensor, size: int) -> Tensor:
        small = F.interpolate(weight, (size, size), mode=mode)
        return small * weight.sum((2, 3), keepdim=True) / small.sum((2, 3), keepdim=True)

    return resample


# Each takes the place of crop_kernel.
CROP_MISTAKES = (
    Mistake(
        _cut(lambda k, size: 1),
        "rows and columns 1 to size: the tutorial's crop, off centre",
        "leave as much out on either side",
    ),
    Mistake(
        _cut(lambda k, size: 0),
        "this is the corner",
        "begin at (k - size) // 2",
    ),
    Mistake(
        _cut(lambda k, size: k - size),
        "this is the lower right corner",
        "begin at (k - size) // 2",
    ),
    Mistake(
        _cut(lambda k, size: k // 2),
        "the crop begins at the centre, it should have it in its middle",
        "the first row is (k - size) // 2",
    ),
    Mistake(
        _round_the_centre,
        "the centre tap and size // 2 on either side of it: one row and column too many where size is even",
        "begin at (k - size) // 2, and end `size` further on",
    ),
    Mistake(
        lambda weight, size: weight[..., slice(*_margins(weight, size)), slice(*_margins(weight, size))],
        "the slice margin:-margin is empty where nothing is to be cut",
        "end the slice at margin + size",
    ),
    *(
        Mistake(always, "always 3x3 taps are cut", "cut size x size taps")
        for always in (
            lambda weight, size: _cut(lambda k, _: k // 2 - 1)(weight, 3),
            lambda weight, size: _three(weight, (weight.shape[-1] - size) // 2),
        )
    ),
    Mistake(
        lambda weight, size: _middle(weight, size) * weight.abs().sum() / _middle(weight, size).abs().sum(),
        "the taps were scaled after they were cut",
        "leave them as they are",
    ),
    Mistake(
        _cut_channels,
        "the first two dimensions were cut: those are the channels",
        "the taps are the last two dimensions",
    ),
)
# Each takes the place of resample_kernel.
RESAMPLE_MISTAKES = (
    Mistake(
        F.adaptive_max_pool2d,
        "the largest tap of each cell is taken",
        "add up what lies in a cell",
    ),
    Mistake(
        lambda weight, size: F.interpolate(weight, (size, size)),
        "one old tap is taken for each new one, and the others are left out",
        "add up what lies in a cell",
    ),
    Mistake(
        lambda weight, size: stems.resample(weight, size) * (size / weight.shape[-1]) ** 2,
        "each new tap is the mean of its cell: the sum of the taps shrinks",
        "add up what lies in a cell",
    ),
    Mistake(
        _interpolated("area"),
        "the cells overlap where size does not divide k: some taps count twice",
        "divide a tap on the border of two cells by the lengths of its parts",
    ),
    Mistake(
        _interpolated("bilinear", align_corners=False),
        "bilinear interpolation reads a few taps near each new centre and leaves the others out",
        "every old tap belongs to a cell, or to several by parts",
    ),
    Mistake(
        _interpolated("bilinear", align_corners=False, antialias=True),
        "the cells overlap: antialiased interpolation weighs taps by a triangle",
        "every old tap belongs to a cell, or to several by the lengths of its parts",
    ),
    *(
        Mistake(
            whole_taps,
            "a tap on a border went into one cell as a whole",
            "divide it between the cells by the lengths of its parts",
        )
        for whole_taps in (
            _with_shares(lambda share: (share == share.max(dim=0).values).float()),
            _with_shares(lambda share: F.one_hot((share > 1e-6).int().argmax(dim=0), len(share)).float().T),
        )
    ),
    Mistake(
        _with_shares(lambda share: (share > 0.9999).float()),
        "a tap on a border is left out",
        "divide it between the cells by the lengths of its parts",
    ),
    *(
        Mistake(
            one_way,
            "only one of the two directions was resampled",
            "treat the last two dimensions alike: share @ weight @ share.T",
        )
        for one_way in (
            lambda weight, size: _shares(weight.shape[-1], size) @ weight,
            lambda weight, size: weight @ _shares(weight.shape[-1], size).T,
        )
    ),
    Mistake(
        _with_shares(lambda share: torch.where((share > 1e-4) & (share < 0.9999), 0.5, share)),
        "a tap on a border is halved, wherever the border lies",
        "divide it by the lengths of its parts: 11 taps on 3 cells give two thirds and one third",
    ),
    Mistake(
        lambda weight, size: stems.resample(weight, size).mT,
        "rows and columns have changed places",
        "treat the last two dimensions alike, and keep their order",
    ),
    Mistake(
        _borders_added_up,
        "borders are found by adding up: rounding leaves the last one below k, and one cell more comes",
        "make size cells: border number i lies at i * k / size",
    ),
    Mistake(
        _spread,
        "the missing sum was spread over all new taps",
        "share the taps among the cells so that the sum needs no repair",
    ),
    Mistake(
        _whole_cells,
        "cells of whole taps only: the last rows and columns are left out",
        "a cell is k / size taps long, which need not be a whole number",
    ),
    *(
        Mistake(
            _rescaled(mode),
            "a kernel was multiplied to repair its sum: one whose sum is near zero (an edge) explodes",
            "share the taps among the cells so that the sum needs no repair",
        )
        for mode in ("area", "bilinear")
    ),
    Mistake(
        _cut(lambda k, size: (k - size) // 2),
        "this is the centre crop: the outer taps are lost",
        "every old tap goes into some cell",
    ),
)
OTHER_CROP = ("none of the usual mistakes explains this", "try it on torch.arange(25.).view(1, 1, 5, 5)")
OTHER_RESAMPLING = (
    "none of the usual mistakes explains this",
    "try 3 taps on 2 in one dimension: [a + b/2, b/2 + c]",
)


def crops_the_middle(crop_kernel, _):
    """crop_kernel: the middle of 11x11, 8x8, 7x7, 5x5."""
    for k, size in ((11, 3), (5, 3), (7, 1), (11, 5), (8, 4), (5, 5)):
        _expect(crop_kernel, _weight(k), size, stems.centre_crop, CROP_MISTAKES, OTHER_CROP)


@needs(crops_the_middle)
def copies(crop_kernel, _):
    """crop_kernel: a tensor of its own."""
    for size in (3, 5):
        weight = _weight(5)
        got = crop_kernel(weight, size)
        if got.untyped_storage().data_ptr() == weight.untyped_storage().data_ptr():
            likely = "this is a view: what is written into it is written into the old kernel"
            raise Wrong("a copy", f"a view of weight, where {size} of 5 taps stay", likely, "end in .clone()")


def resamples_evenly(_, resample_kernel):
    """resample_kernel: 6x6 to 3x3, cells of 2x2 taps."""
    _resampled(resample_kernel, 6, 3)


@needs(resamples_evenly)
def resamples_alexnet(_, resample_kernel):
    """resample_kernel: 11x11 to 3x3, taps on borders."""
    _resampled(resample_kernel, 11, 3)


@needs(resamples_alexnet)
def resamples_nearly_all(_, resample_kernel):
    """resample_kernel: 9x9 to 8x8, 5x5 to 5x5, 7x7 to 1x1."""
    for k, size in ((9, 8), (5, 5), (7, 1), (8, 6), (11, 10)):
        _resampled(resample_kernel, k, size)


def leaves_the_kernel(crop_kernel, resample_kernel):
    """the old kernel stays as it is."""
    for answer in (crop_kernel, resample_kernel):
        weight = _weight(7)
        before = weight.clone()
        answer(weight, 3)
        if not torch.equal(weight, before):
            likely, remedy = "the old kernel was overwritten", "work on a copy"
            raise Wrong("the same taps", "others", likely, remedy)


CASES = (
    crops_the_middle,
    copies,
    resamples_evenly,
    resamples_alexnet,
    resamples_nearly_all,
    leaves_the_kernel,
)


def kernel_resample(crop_kernel, resample_kernel) -> None:
    """Check the exercise on smaller kernels."""
    library = (stems.centre_crop, stems.resample)
    run("crop_kernel and resample_kernel", CASES, crop_kernel, resample_kernel, library=library)


def _resampled(resample_kernel, k: int, size: int) -> None:
    weight = _weight(k)
    _expect(resample_kernel, weight, size, stems.resample, RESAMPLE_MISTAKES, OTHER_RESAMPLING)


def _expect(answer, weight: Tensor, size: int, right: Resizing, mistakes, otherwise) -> None:
    got, expected = answer(weight.clone(), size), right(weight, size)
    if not isinstance(got, Tensor):
        raise Wrong(brief(expected), brief(got), *of_wrong_type(got, "return a tensor"))
    shape = got.shape == expected.shape
    if shape and torch.allclose(got.double(), expected.double(), rtol=1e-5, atol=1e-4):
        return
    shown = "other values" if shape else brief(got)
    likely = recognise(got, expected, mistakes, lambda wrong: wrong(weight, size), otherwise)
    if small := _small_failure(answer, right):
        given, wanted, found = small
        raise Wrong(wanted, found, *likely, given=given)
    raise Wrong(brief(expected), shown, *likely)


def _small_failure(answer: Resizing, right: Resizing) -> tuple[str, str, str] | None:
    """A kernel of a few taps that goes wrong, what it should become and what it became."""
    for k, size in ((2, 1), (3, 1), (2, 2), (3, 2), (4, 2), (3, 3), (5, 3)):
        if right is stems.centre_crop and (k - size) % 2:
            continue
        weight = torch.arange(1.0, k * k + 1).view(1, 1, k, k)
        wanted = right(weight, size)
        with contextlib.suppress(Exception):
            got = answer(weight.clone(), size)
            if got.shape != wanted.shape or not torch.allclose(got, wanted, rtol=1e-4):
                return f"{_rows(weight)}, size {size}", _rows(wanted), _rows(got)
    return None


def _rows(weight: Tensor) -> str:
    return brief([[round(tap, 2) for tap in row] for row in weight.flatten(0, -2).tolist()])


def _margins(weight: Tensor, size: int) -> tuple[int, int]:
    margin = (weight.shape[-1] - size) // 2
    return margin, -margin


def _weight(k: int) -> Tensor:
    """Kernels ``[4, 3, k, k]``; the same at each call."""
    return torch.randn(4, 3, k, k, generator=torch.Generator().manual_seed(k))
