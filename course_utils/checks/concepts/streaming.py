"""Check of exercise streaming: channel statistics of batches that come once and do not fit in memory."""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.data import inspection

Parts = list[Tensor]  # float64 batches [n, 3, H, W] in 0..1
TOLERANCE = 1e-2  # relative; of the deviation also with n or n - 1 below
NOT_A_TENSOR_OF_3 = ("this is no float tensor of 3 numbers", "one number for each channel")
OTHER_NUMBERS = (
    "these are not the statistics over all pixels of all batches",
    "add up sum, sum of squares and number of pixels; divide once, at the end",
)
ROUNDED = (
    "float32 has seven digits: in squares / n - mean**2 they cancel, and nothing is left",
    "take the sums in float64: batch.double()",
)
NEGATIVE = (
    "the root of a negative number: squares of uint8 overflow, or sums were not divided by pixels",
    "turn the batch into floats before anything else, and count n * H * W for each batch",
)
ALL_IN_MEMORY = (
    "batches, or copies of them, are kept: a large set would fill the memory",
    "keep three sums for each channel, and let go of the batch",
)


def _joined(parts: Parts) -> Tensor:
    """All pixels, ``[3, pixels]``."""
    return torch.cat([part.transpose(0, 1).flatten(1) for part in parts], dim=1)


def _mean(parts: Parts) -> Tensor:
    return _joined(parts).mean(1)


def _std(parts: Parts) -> Tensor:
    return _joined(parts).std(1)


def _average(values: list[Tensor]) -> Tensor:
    return torch.stack(values).mean(0)


MISTAKES = (
    Mistake(
        lambda parts: (_mean(parts) * 255, _std(parts) * 255),
        "the numbers are on the scale 0 to 255",
        "divide by 255",
    ),
    Mistake(
        lambda parts: (_std(parts), _mean(parts)),
        "mean and deviation are swapped",
        "return the mean first",
    ),
    Mistake(
        lambda parts: (
            _average([p.mean((0, 2, 3)) for p in parts]),
            _average([p.std((0, 2, 3)) for p in parts]),
        ),
        "this is the average of the batches' own statistics: a small batch counts as much as a full one",
        "add up sums and numbers of pixels; divide once, at the end",
    ),
    Mistake(
        lambda parts: (
            _mean(parts),
            _average([image.std((1, 2)) for part in parts for image in part]),
        ),
        "this is the average of the images' own deviations",
        "take one deviation over all pixels of all images",
    ),
    Mistake(
        lambda parts: (
            _joined(parts).sum(1) / sum(map(len, parts)),
            None,
        ),
        "the sum over pixels is divided by the number of images",
        "count pixels: n * H * W for each batch",
    ),
    Mistake(
        lambda parts: (_mean(parts), _joined(parts).var(1)),
        "this is the variance",
        "take its square root",
    ),
    Mistake(
        lambda parts: (_mean(parts), (_joined(parts).square().mean(1)).sqrt()),
        "this is the root of the mean square: the mean was not taken off",
        "squares / pixels - mean**2, then the root",
    ),
    Mistake(
        lambda parts: (_joined(parts).mean(), _joined(parts).std()),
        "the three channels are taken together",
        "sum over images, rows and columns (dimensions 0, 2 and 3), and keep the channels",
    ),
    Mistake(
        lambda parts: (_mean(parts[-1:]), _std(parts[-1:])),
        "these are the statistics of the last batch alone",
        "add to what the earlier batches gave",
    ),
)


class Feed:
    """Hands out each batch once and notes how much of what came before is still alive."""

    def __init__(self, batches: list[Tensor], watch: Watch | None = None):
        self.batches, self.watch = batches, watch
        self.requests, self.most_alive, self.most_numbers = 0, 0, 0

    def __iter__(self) -> Iterator[Tensor]:
        self.requests += 1
        return self._hand_out() if self.requests == 1 else iter(())

    def _hand_out(self) -> Iterator[Tensor]:
        handed: list[weakref.ref] = []
        for batch in self.batches:
            self._look(handed)
            copy = batch.clone()
            handed.append(weakref.ref(copy))
            yield copy
            del copy
        self._look(handed)

    def _look(self, handed: list[weakref.ref]) -> None:
        self.most_alive = max(self.most_alive, sum(ref() is not None for ref in handed))
        if self.watch:
            self.most_numbers = max(self.most_numbers, self.watch.numbers_alive())


class Watch(TorchDispatchMode):
    """Knows every tensor that was made while it was on and is still alive."""

    def __init__(self):
        super().__init__()
        self.made: list[weakref.ref] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self.made.append(weakref.ref(result))
        return result

    def numbers_alive(self) -> int:
        self.made = [ref for ref in self.made if ref() is not None]
        return sum(ref().numel() for ref in self.made)


def goes_through_once(streaming_statistics):
    """one pass: the batches come only once."""
    feed = Feed(_shaded())
    try:
        streaming_statistics(feed)
    except Exception:
        if feed.requests < 2:
            raise
    if feed.requests > 1:
        likely = "a second loop over batches finds nothing: they are gone"
        raise Wrong("1 pass", f"{feed.requests} passes", likely, "collect all sums in one loop")


@needs(goes_through_once)
def gives_means(streaming_statistics):
    """mean of each channel over all pixels, 0 to 1."""
    return _expect(streaming_statistics, _shaded(), 0)


@needs(goes_through_once)
def gives_deviations(streaming_statistics):
    """deviation of each channel over all pixels."""
    return _expect(streaming_statistics, _shaded(), 1)


@needs(goes_through_once)
def takes_any_size(streaming_statistics):
    """pictures of another size in each batch."""
    batches = [_shade(n, side, seed=side) for n, side in ((50, 12), (90, 4), (20, 9))]
    _expect(streaming_statistics, batches, 0)
    _expect(streaming_statistics, batches, 1)


@needs(gives_means, gives_deviations)
def keeps_the_digits(streaming_statistics):
    """bright, nearly even pictures: digits must not cancel."""
    g = torch.Generator().manual_seed(5)
    batches = [250 + (torch.rand(30, 3, 16, 16, generator=g) < 0.02).byte() for _ in range(6)]
    expected = _std([batch.double() / 255 for batch in batches])
    _, got = streaming_statistics(iter(batches))
    if not torch.allclose(got.double(), expected, rtol=TOLERANCE, atol=0):
        raise Wrong(brief(expected.tolist()), brief(got.tolist()), *ROUNDED)


@needs(gives_means)
def keeps_little(streaming_statistics):
    """the whole set is never in memory."""
    batches = [_shade(8, 8, seed) for seed in range(12)]
    with Watch() as watch:
        feed = Feed(batches, watch)
        streaming_statistics(feed)
    size = batches[0].numel()
    kept = max(feed.most_alive, math.ceil(feed.most_numbers / size))
    if kept > 6:
        raise Wrong("a batch or two at a time", f"{kept} batches' worth at once", *ALL_IN_MEMORY)


CASES = (
    goes_through_once,
    gives_means,
    gives_deviations,
    takes_any_size,
    keeps_the_digits,
    keeps_little,
)


def streaming(streaming_statistics) -> None:
    """Check the exercise on statistics of a set that does not fit in memory."""
    library = (inspection.channel_statistics,)
    run("streaming_statistics", CASES, streaming_statistics, library=library)


def _expect(streaming_statistics, batches: list[Tensor], part: int) -> str:
    given = streaming_statistics(iter([batch.clone() for batch in batches]))
    if not isinstance(given, tuple | list) or len(given) != 2:
        remedy = "end in `return mean, std`"
        raise Wrong("a pair (mean, std)", brief(given), *of_wrong_type(given, remedy))
    parts = [batch.double() / 255 for batch in batches]
    got, expected = given[part], (_mean, _std)[part](parts)
    right_kind = isinstance(got, Tensor) and got.is_floating_point() and got.shape == (3,)
    if right_kind and torch.allclose(got.double(), expected, rtol=TOLERANCE):
        return brief([round(value, 4) for value in expected.tolist()])
    likely = NEGATIVE if right_kind and got.isnan().any() else _recognise(got, parts, part, right_kind)
    raise Wrong(brief(expected.tolist()), brief(got), *likely)


def _recognise(got: object, parts: Parts, part: int, right_kind: bool) -> tuple[str, str]:
    otherwise = OTHER_NUMBERS if right_kind else NOT_A_TENSOR_OF_3
    return recognise(got, None, MISTAKES, lambda answer: answer(parts)[part], otherwise)


def _shaded() -> list[Tensor]:
    """Batches of unequal size, the smaller ones brighter."""
    return [_shade(n, 16, seed=n) // (1 + n // 20) for n in (24, 40, 6, 3)]


def _shade(n: int, side: int, seed: int) -> Tensor:
    """uint8 ``[n, 3, side, side]``: images that differ in brightness, channels that differ, too."""
    g = torch.Generator().manual_seed(seed)
    light = torch.rand(n, 1, 1, 1, generator=g)
    noise = torch.rand(n, 3, side, side, generator=g)
    tint = torch.tensor([0.95, 0.7, 0.4]).view(1, 3, 1, 1)
    return (255 * tint * (0.6 * light + 0.4 * noise)).to(torch.uint8)
