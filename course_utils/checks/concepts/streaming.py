"""Check of exercise streaming: channel statistics of batches that come once and do not fit in memory."""

from __future__ import annotations

import tracemalloc
import weakref
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, first_only, of_wrong_type
from course_utils.checks.report import Wrong
from course_utils.checks.trials import Trial, expect
from course_utils.data import inspection

Batches = Sequence[Tensor]  # uint8 [n, 3, H, W]
TOLERANCES = 1e-4, 5e-4  # of mean and deviation, relative: n and n - 1 below the sum of squares both pass
DIGITS = 1e-2  # the same, where float32 loses everything
NOTHING = torch.full((3,), torch.nan)  # 0 divided by 0
MOST_KEPT = 32  # batches of uint8: four of float64
LARGE = 200_000  # bytes: a tensor of more than that is a reason to look at the sum
MOST_AT_ONCE = 128  # the same, in the middle of a step or after the last batch: sixteen of float64
ADD_UP = "add up sum, sum of squares and number of pixels over all batches; divide once, at the end"
ROUNDED = (
    "float32 has seven digits: in squares / n - mean**2 they cancel, and nothing is left",
    "take the sums in float64: batch.double()",
)
MEAN_ROUNDED = (
    "the mean was rounded to float32 before it was squared: only its first seven digits are left",
    "stay with float64 until the root is taken, and turn the results into float32 at the end",
)
EPSILON = (
    "a small number was added under the root",
    "an even channel has a small deviation: add nothing to it",
)
BELOW_ZERO = (
    "a variance came out below zero: float32 lost its digits, or a sum of whole numbers ran over",
    "take the sums in float64: batch.double()",
)
SHORTENED = ("the results are rounded", "return them with all their digits")
ALL_IN_MEMORY = (
    "batches, or copies of them, are kept: a large set would fill the memory",
    "keep three sums for each channel, and let go of the batch",
)


def _rows(batches: Batches) -> Tensor:
    """All pixels in 0..1, float64 ``[3, pixels]``."""
    return torch.cat([batch.transpose(0, 1).flatten(1) for batch in batches], dim=1).double() / 255


def _mean(batches: Batches) -> Tensor:
    return _rows(batches).mean(1)


def _std(batches: Batches) -> Tensor:
    return _rows(batches).std(1)


def _weighted(batches: Batches, weights: Sequence[float], of: Callable[[Batches], Tensor]) -> Tensor:
    """The batches' own statistics, averaged with these weights."""
    return sum((w * of([batch]) for w, batch in zip(weights, batches)), torch.zeros(())) / sum(weights)


def _averaged(batches: Batches) -> tuple[Tensor, Tensor]:
    equal = [1.0] * len(batches)
    return _weighted(batches, equal, _mean), _weighted(batches, equal, _std)


def _by_images(batches: Batches) -> tuple[Tensor, Tensor]:
    """Averages of the batches' means and mean squares, weighted by images and not by pixels."""
    images = [float(len(batch)) for batch in batches]
    mean = _weighted(batches, images, _mean)
    return mean, (_weighted(batches, images, lambda b: _rows(b).square().mean(1)) - mean**2).sqrt()


def _miscounted(batches: Batches, pixels: list[int]) -> tuple[Tensor, None]:
    """The mean with another number of pixels below the sum."""
    return _rows(batches).sum(1) / sum(pixels), None


def _within(batches: Batches, weights: list[float]) -> Tensor:
    return _weighted(batches, weights, lambda b: _rows(b).var(1)).sqrt()


def _overflown(batches: Batches) -> Tensor:
    """The deviation with squares that are taken in uint8."""
    squares = _rows([batch * batch for batch in batches]).mean(1) / 255
    return (squares - _mean(batches) ** 2).sqrt()


def _overflown_and_cut(batches: Batches) -> Tensor:
    """The same, with a variance below zero taken for zero."""
    return _overflown(batches).nan_to_num(0.0)


MISTAKES = (
    Mistake(
        lambda batches: (_mean(batches) * 255, _std(batches) * 255),
        "the numbers are on the scale 0 to 255",
        "divide by 255",
    ),
    Mistake(
        lambda batches: (_mean(batches) * 255 / 256, _std(batches) * 255 / 256),
        "divided by 256: white is 255",
        "divide by 255",
    ),
    Mistake(
        lambda batches: (None, NOTHING),
        "a variance came out below zero: squares of uint8 ran over, or mean, not mean**2, was taken off",
        "turn the batch into floats first; then squares / pixels - mean**2",
    ),
    *(
        Mistake(
            lambda batches, overflow=overflow: (None, overflow(batches)),
            "squares of uint8 overflow: 16 * 16 is 0 there",
            "turn the batch into floats before anything else",
        )
        for overflow in (_overflown, _overflown_and_cut)
    ),
    Mistake(
        lambda batches: tuple(of([batch // 255 * 255 for batch in batches]) for of in (_mean, _std)),
        "the division is one of whole numbers: everything but white becomes 0",
        "batch / 255, not batch // 255",
    ),
    *(
        Mistake(
            lambda batches, dtype=dtype: (_mean(batches).to(dtype), _std(batches).to(dtype)),
            "numbers of 16 bits have two or three digits",
            "return float32: .float()",
        )
        for dtype in (torch.float16, torch.bfloat16)
    ),
    Mistake(
        lambda batches: (_std(batches), _mean(batches)),
        "mean and deviation are swapped",
        "return the mean first",
    ),
    Mistake(
        lambda batches: tuple(of([batch[..., ::2, ::2] for batch in batches]) for of in (_mean, _std)),
        "only every other pixel is used",
        "add up all pixels of all images",
    ),
    Mistake(
        lambda batches: _miscounted(batches, [batch.numel() // 3 - 1 for batch in batches]),
        "one pixel too few is counted in each batch",
        "count n * H * W for each batch",
    ),
    Mistake(
        _averaged,
        "this is the average of the batches' own statistics: a small batch counts as much as a full one",
        ADD_UP,
    ),
    Mistake(
        _by_images,
        "batches are weighted by their number of images: small pictures count as much as large ones",
        "count pixels: n * H * W for each batch",
    ),
    Mistake(
        lambda batches: (None, _within(batches, [batch.numel() for batch in batches])),
        "this is the deviation inside the batches: that their means differ is left out",
        "take one deviation over all pixels of all images",
    ),
    Mistake(
        lambda batches: (None, _within(batches, [1.0] * len(batches))),
        "this is the average of the batches' own variances",
        "take one deviation over all pixels of all images",
    ),
    *(
        Mistake(
            lambda batches, weight=weight: (None, _weighted(batches, [weight(b) for b in batches], _std)),
            "this is the average of the batches' own deviations",
            "take one deviation over all pixels of all images",
        )
        for weight in (Tensor.numel, len)
    ),
    Mistake(
        lambda batches: (
            None,
            torch.stack([_std([image[None]]) for batch in batches for image in batch]).mean(0),
        ),
        "this is the average of the images' own deviations",
        "take one deviation over all pixels of all images",
    ),
    Mistake(
        lambda batches: _miscounted(batches, [len(b) for b in batches]),
        "the sum over pixels is divided by the number of images",
        "count pixels: n * H * W for each batch",
    ),
    Mistake(
        lambda batches: _miscounted(batches, [len(b) * b.shape[-1] ** 2 for b in batches]),
        "pictures are taken for squares: width * width pixels each",
        "count pixels: n * H * W for each batch",
    ),
    Mistake(
        lambda batches: _miscounted(batches, [len(b) * batches[0][0, 0].numel() for b in batches]),
        "all pictures are taken to be as large as those of the first batch",
        "count pixels anew for each batch: n * H * W",
    ),
    Mistake(
        lambda batches: _miscounted(batches, [len(b) * batches[-1][0, 0].numel() for b in batches]),
        "all pictures are taken to be as large as those of the last batch",
        "count pixels: n * H * W for each batch",
    ),
    Mistake(
        lambda batches: (None, _std(batches) ** 2),
        "this is the variance",
        "take its square root",
    ),
    Mistake(
        lambda batches: (None, _rows(batches).square().mean(1).sqrt()),
        "this is the root of the mean square: the mean was not taken off",
        "squares / pixels - mean**2, then the root",
    ),
    Mistake(
        lambda batches: (_mean(batches[:1]), _std(batches[:1])),
        *first_only("these are the statistics of the first batch alone"),
    ),
    Mistake(
        lambda batches: (_mean(batches[-1:]), _std(batches[-1:])),
        "these are the statistics of the last batch alone",
        "add to what the earlier batches gave",
    ),
    Mistake(
        lambda batches: tuple(of(batches[1:]) if batches[1:] else NOTHING for of in (_mean, _std)),
        "the first batch is left out",
        "a look at the first batch takes it out of the stream: use it, too",
    ),
)


class Memory(TorchDispatchMode):
    """Knows how many bytes of tensors, arrays and Python objects are alive that were made while it is on."""

    def __init__(self):
        super().__init__()
        self.sizes: dict[weakref.ref, int] = {}  # bytes of each storage that is alive
        self.held = 0  # their sum
        # One bound method, not one for each storage: what counts must weigh little.
        self._forget = self._take_off
        self.most = 0  # bytes alive, since the last call of `forget_most`

    def __enter__(self) -> Memory:
        tracemalloc.start()
        return super().__enter__()

    def __exit__(self, *problem: object) -> None:
        super().__exit__(*problem)
        self.most = max(self.most, tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for item in result if isinstance(result, tuple | list) else (result,):
            if isinstance(item, Tensor):
                self._count(item.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        known = weakref.ref(storage, self._forget)
        self.held += storage.nbytes() - self.sizes.get(known, 0)
        self.sizes[known] = storage.nbytes()
        if storage.nbytes() > LARGE:
            self.most = max(self.most, self.bytes_alive())

    def _take_off(self, storage: weakref.ref) -> None:
        self.held -= self.sizes.pop(storage)

    def forget_most(self) -> None:
        self.most = 0
        tracemalloc.reset_peak()

    def bytes_alive(self) -> int:
        return self.held + tracemalloc.get_traced_memory()[0]


class Feed:
    """Hands out copies of batches once, and notes how much memory grows meanwhile."""

    def __init__(self, batches: Batches, memory: Memory | None = None):
        self.batches, self.memory = batches, memory
        self.requests = 0
        self.alive: list[int] = []

    def __iter__(self) -> Iterator[Tensor]:
        self.requests += 1
        return self._hand_out() if self.requests == 1 else iter(())

    def _hand_out(self) -> Iterator[Tensor]:
        for batch in self.batches:
            self._look()
            yield batch.clone(memory_format=torch.preserve_format)
        self._look()

    def _look(self) -> None:
        if self.memory:
            self.alive.append(self.memory.bytes_alive())
            if len(self.alive) == 3:
                self.memory.forget_most()

    @property
    def growth(self) -> float:
        """How many batches' worth of bytes more than with the third batch were alive, at most."""
        later = self.alive[2:]
        return (max(later) - later[0]) / self.batches[0].numel() if later else 0.0

    @property
    def most(self) -> float:
        """The same at any moment since then, also in a step and after the last batch."""
        later = self.alive[2:]
        return (self.memory.most - later[0]) / self.batches[0].numel() if self.memory and later else 0.0


def long_stream() -> Batches:
    """128 batches ``[4, 3, 24, 24]`` of noise, which nobody can keep in fewer bytes."""
    g = torch.Generator().manual_seed(77)
    return [torch.randint(256, (4, 3, 24, 24), generator=g, dtype=torch.uint8) for _ in range(128)]


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
    return _expect(streaming_statistics, _streams(), 0)


@needs(gives_means)
def gives_deviations(streaming_statistics):
    """deviation of each channel over all pixels."""
    return _expect(streaming_statistics, _streams(), 1)


@needs(gives_means, gives_deviations)
def takes_any_size(streaming_statistics):
    """pictures of another size and shape in each batch."""
    batches = [_shade(n, *size, seed=n) for n, size in ((50, (12, 9)), (90, (4, 7)), (20, (9, 5)))]
    batches[1] = batches[1].to(memory_format=torch.channels_last)
    for part in (0, 1):
        _expect(streaming_statistics, [batches[:2], batches], part)


@needs(gives_means, gives_deviations)
def keeps_the_digits(streaming_statistics):
    """bright, nearly even pictures: digits must not cancel."""
    g = torch.Generator().manual_seed(5)
    batches = [254 + (torch.rand(150, 3, 16, 16, generator=g) < 0.02).byte() for _ in range(6)]
    expected = _std(batches)
    _, got = streaming_statistics(iter(batches))
    if not torch.allclose(got.double(), expected, rtol=DIGITS, atol=0):
        raise Wrong(brief(expected.tolist()), brief(got.tolist()), *_lost_digits(batches, got))


@needs(gives_means)
def keeps_little(streaming_statistics):
    """the whole set is never in memory."""
    with Memory() as memory:
        feed = Feed(long_stream(), memory)
        streaming_statistics(feed)
    if feed.most > MOST_AT_ONCE:
        likely = "the whole set was read at once, perhaps back from a file"
        raise Wrong("a few batches", f"over {MOST_AT_ONCE} batches' worth at once", likely, ALL_IN_MEMORY[1])
    if feed.growth > MOST_KEPT:
        raise Wrong("memory that does not grow", f"over {MOST_KEPT} batches' worth more", *ALL_IN_MEMORY)


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


def _expect(streaming_statistics, streams: Sequence[Batches], part: int) -> str:
    trials = [
        Trial(
            _told(batches),
            lambda answer, batches=batches: _numbers(answer, batches, part),
            (_mean, _std)[part](batches).tolist(),
        )
        for batches in streams
    ]
    try:
        expect(streaming_statistics, trials, MISTAKES, ADD_UP, rtol=TOLERANCES[part])
    except Wrong as wrong:
        rights = [(_mean, _std)[part](batches).tolist() for batches in streams]
        gots = [_numbers(streaming_statistics, batches, part) for batches in streams]
        pairs = [pair for got, right in zip(gots, rights) for pair in zip(got, right)]
        if any(all(abs(x - round(right, n)) < 1e-7 for x, right in pairs) for n in (2, 3, 4)):
            wrong.rows |= dict(zip(("likely", "try"), SHORTENED))
        raise
    return brief([round(value, 4) for value in (_mean, _std)[part](streams[-1]).tolist()])


def _numbers(answer: Callable, batches: Batches, part: int) -> list[float]:
    """One of the two results as a list; a mistake is given a list of batches, an answer an iterator."""
    copies = [batch.clone(memory_format=torch.preserve_format) for batch in batches]
    known = any(answer is mistake.imitate for mistake in MISTAKES)
    given = answer(copies if known else iter(copies))
    if not isinstance(given, tuple | list) or len(given) != 2:
        remedy = "end in `return mean, std`"
        raise Wrong("a pair (mean, std)", brief(given), *of_wrong_type(given, remedy))
    got = given[part]
    if isinstance(got, Tensor) and got.is_floating_point() and got.shape == (3,):
        return got.tolist()
    likely = "this is no float tensor of 3 numbers"
    raise Wrong("float tensor [3]", brief(got), likely, "one number for each channel, in a tensor")


def _lost_digits(batches: Batches, got: Tensor) -> tuple[str, str]:
    """Likely cause and remedy for deviations of pictures that are nearly even."""
    if got.isnan().any():
        return BELOW_ZERO
    added = got.double() ** 2 - _std(batches) ** 2
    if added.min() > 0 and added.max() < 1.01 * added.min():
        return EPSILON
    rounded = _rows(batches).square().mean(1) - _mean(batches).float() ** 2
    return MEAN_ROUNDED if torch.allclose(got.double() ** 2, rounded, rtol=1e-3, atol=0) else ROUNDED


def _told(batches: Batches) -> str:
    return f"uint8 {' and '.join(str(list(batch.shape)) for batch in batches)}"


def _streams() -> list[Batches]:
    """From one picture to batches of unequal size, of which the smaller ones are brighter."""
    shaded = _shaded()
    return [[_shade(1, 48, 64, seed=1)], [shaded[2]], shaded[2:], shaded]


def _shaded() -> Batches:
    return [_shade(n, 32, 32, seed=n) // (1 + n // 20) for n in (24, 40, 6, 3)]


def _shade(n: int, height: int, width: int, seed: int) -> Tensor:
    """uint8 ``[n, 3, height, width]``: images that differ in brightness, channels that differ, too."""
    g = torch.Generator().manual_seed(seed)
    light = torch.rand(n, 1, 1, 1, generator=g)
    noise = torch.rand(n, 3, height, width, generator=g)
    tint = torch.tensor([0.95, 0.7, 0.4]).view(1, 3, 1, 1)
    return (255 * tint * (0.6 * light + 0.4 * noise)).to(torch.uint8)
