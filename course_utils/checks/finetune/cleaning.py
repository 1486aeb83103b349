"""Check of exercise clean_data: leaks between splits, and statistics of the train images."""

from __future__ import annotations

import torch
from torch import Tensor

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.data import inspection

NOT_PLAIN = ("what the list holds are no plain int", "turn tensors into numbers with .tolist()")
IMAGES = ("these are the images, not their positions", "count along: for j, image in enumerate(test_images)")
REDUCE_ALL = (
    "none of the usual mistakes explains this",
    "reduce over dimensions 0, 2 and 3, in float32 or float64",
)
CANCELLED = (
    "mean of squares minus square of mean: here they differ in their last digits, and float32 has no more",
    "take the mean of (x - mean)^2, or .std(); or compute in float64",
)
TOO_FEW_DIGITS = ("float16 and bfloat16 have three digits or fewer", "compute in float32 or float64")
NOT_A_TENSOR_OF_3 = (
    "this is no float tensor of 3 numbers",
    "one number for each channel; see torch.stack",
)
TOLERANCE = (1e-4, 4e-4)  # of the mean; of the deviation, with n or n - 1 below
ROUNDED = (
    "right for few small images, wrong for more and larger ones: distances or sums of floats are rounded",
    "compare the bytes of each image: nothing is rounded there",
)
COMPARE_PIXELS = (
    "none of the usual mistakes explains this",
    "two images are equal if all their bytes are: compare every test image with every train image",
)


def _pairs(train: Tensor, test: Tensor, same) -> list[int]:
    return [j for j, b in enumerate(test) if any(same(a, b) for a in train)]


def _twins(train: Tensor, test: Tensor) -> list[int]:
    """Test images of which there is another one, in either split."""
    return [j for j, b in enumerate(test) if sum(torch.equal(a, b) for a in (*train, *test)) > 1]


def _once_each(train: Tensor, test: Tensor) -> list[int]:
    """Leaks where each train image is struck out as soon as a twin was found."""
    left, found = [a.numpy().tobytes() for a in train], []
    for j, b in enumerate(test):
        if (pixels := b.numpy().tobytes()) in left:
            left.remove(pixels)
            found.append(j)
    return found


def _means(x: Tensor) -> Tensor:
    return x.mean((0, 2, 3))


def _deviations(x: Tensor) -> Tensor:
    return x.std((0, 2, 3))


def _at_distance_0(train: Tensor, test: Tensor) -> list[int]:
    distances = torch.cdist(test.flatten(1).float(), train.flatten(1).float())
    return (distances == 0).any(dim=1).nonzero().flatten().tolist()


def _as_printed(train: Tensor, test: Tensor) -> list[int]:
    printed = {str(a) for a in train}
    return [j for j, b in enumerate(test) if str(b) in printed]


LEAK_MISTAKES = (
    Mistake(
        _once_each,
        "a train image counts for one test image only: its further copies in test are not reported",
        "leave the train images as they are while you look each test image up",
    ),
    Mistake(
        lambda train, test: [i for i, a in enumerate(train) if any(torch.equal(a, b) for b in test)],
        "these are positions among the train images",
        "return positions in test_images: those are the ones to remove",
    ),
    Mistake(
        lambda train, test: [
            (i, j) for j, b in enumerate(test) for i, a in enumerate(train) if torch.equal(a, b)
        ],
        "pairs of positions are returned",
        "return the position in test_images alone",
    ),
    Mistake(
        lambda train, test: [i for i, (a, b) in enumerate(zip(train, test)) if torch.equal(a, b)],
        "only images at the same position are compared",
        "compare each test image with every train image",
    ),
    Mistake(
        lambda train, test: [
            j for j, b in enumerate(test) if any(torch.equal(a, b) for a in [*train, *test[:j]])
        ],
        "repeats among the test images are reported, too",
        "look for each test image among the train images only",
    ),
    Mistake(
        _twins,
        "repeats among the test images are reported, too",
        "look for each test image among the train images only",
    ),
    Mistake(
        lambda train, test: [j for a in train for j, b in enumerate(test) if torch.equal(a, b)],
        "the positions are in the order of the train images",
        "go through the test images: then their positions ascend",
    ),
    Mistake(
        lambda train, test: [j for j, b in enumerate(test) for a in train if torch.equal(a, b)],
        "a test image is reported once for each train image that equals it",
        "report each test image once",
    ),
    *(
        Mistake(
            lambda train, test, pick=pick: [pick(_pairs(train, test, torch.equal))],
            "of several equal test images only one is reported",
            "go through the test images one by one, and look each up among the train images",
        )
        for pick in (min, max)
    ),
    *(
        Mistake(
            lambda train, test, near=near: _pairs(train, test, lambda a, b: near((a.int() - b.int()).abs())),
            "images that are only close count as equal",
            "compare bit for bit: a leak is the very same image",
        )
        for near in (lambda gap: gap.max() <= 8, lambda gap: gap.double().mean() <= 1)
    ),
    Mistake(
        lambda train, test: _pairs(train, test, lambda a, b: bool((a == b).any())),
        "one equal number is enough here",
        "all of them must be equal: torch.equal(a, b), or (a == b).all()",
    ),
    Mistake(
        lambda train, test: _pairs(train, test, lambda a, b: torch.equal(a[0], b[0])),
        "only the first of the three channels is compared",
        "two images are equal if all three channels are",
    ),
    Mistake(
        lambda train, test: _pairs(train, test, lambda a, b: any(torch.equal(t, b) for t in (a, a.flip(2)))),
        "mirrored images are taken for the same",
        "compare bit for bit: a leak is the very same image",
    ),
    Mistake(
        lambda train, test: _pairs(
            train, test, lambda a, b: all(torch.equal(a.sum(d), b.sum(d)) for d in (1, 2))
        ),
        "only the sums of rows and columns are compared: other pixels have the same ones",
        "compare the pixels in their order, for example the bytes of each image",
    ),
    Mistake(
        lambda train, test: _pairs(train, test, lambda a, b: a.sum() == b.sum()),
        "only a sum, a mean or a histogram of each image is compared",
        "compare the pixels in their order, for example the bytes of each image",
    ),
    Mistake(
        lambda train, test: _pairs(train, test, lambda a, b: torch.equal(a.sum((1, 2)), b.sum((1, 2)))),
        "only a sum, a mean or a histogram of each channel is compared",
        "compare the pixels in their order, for example the bytes of each image",
    ),
    Mistake(
        lambda train, test: [],
        "nothing is ever found: the hash of a tensor goes by the object, not by its pixels",
        "hash the bytes: image.numpy().tobytes()",
    ),
    Mistake(
        _as_printed,
        "images are compared as they are printed, and print leaves most numbers out",
        "compare the bytes of each image: image.numpy().tobytes()",
    ),
)

ROUNDED_DISTANCES = Mistake(_at_distance_0, *ROUNDED)

# What is taken for the deviation, with n - `less` below.
OTHER_DEVIATIONS = (
    (
        lambda x, less: x.var((2, 3), correction=less).mean(0).sqrt(),
        "this is the root of the images' own variances' mean: how the images differ is left out",
    ),
    (
        lambda x, less: x.std((2, 3), correction=less).mean(0),
        "this is the mean of the images' own deviations (the widespread 0.2023 of CIFAR-10)",
    ),
    (
        lambda x, less: x.std(0, correction=less).mean((1, 2)),
        "this is the mean of the single places' deviations over the images",
    ),
    (
        lambda x, less: x.mean((2, 3)).std(0, correction=less),
        "this is how much the images' means differ",
    ),
)
STATISTICS_MISTAKES = (
    *(
        Mistake(
            lambda x, n=n: (x[:n].mean((0, 2, 3)), x[:n].std((0, 2, 3))),
            "only the first images are used",
            "take all of them",
        )
        for n in (1, 32, 64, 100, 128, 256, 500, 512)
    ),
    *(
        Mistake(
            lambda x, along=along: (x.mean((0, 2, 3)), x.std(along).mean(1)),
            "this is the mean of the deviations of single rows or columns",
            "take one deviation over all pixels of all images",
        )
        for along in ((0, 2), (0, 3))
    ),
    Mistake(
        lambda x: (x.mean((0, 2, 3)) / x.max(), x.std((0, 2, 3)) / x.max()),
        "the numbers are divided by the largest that occurs, not by 255",
        "divide by 255, whatever the images hold",
    ),
    Mistake(
        lambda x: (x.mean((0, 2, 3)), (x - x.mean((0, 2, 3), keepdim=True)).abs().mean((0, 2, 3))),
        "this is the mean absolute deviation",
        "square the deviations, take their mean, then the root",
    ),
    Mistake(
        lambda x: (x.mean((0, 1, 2))[:3], x.std((0, 1, 2))[:3]),
        "the channels are taken together, and the columns kept apart",
        "reduce over dimensions 0, 2 and 3: the channels are dimension 1",
    ),
    Mistake(
        lambda x: (x.mean((0, 2, 3)) * 255, x.std((0, 2, 3)) * 255),
        "the numbers are on the scale 0 to 255",
        "divide by 255",
    ),
    Mistake(
        lambda x: tuple(of((x == 1).float()) for of in (_means, _deviations)),
        "the division is one of whole numbers: everything but white becomes 0",
        "images / 255, not images // 255",
    ),
    Mistake(
        lambda x: (x.mean((0, 2, 3)) * 255 / 256, x.std((0, 2, 3)) * 255 / 256),
        "the numbers are divided by 256: then white is 0.996, not 1",
        "divide by 255, the largest number",
    ),
    *(
        Mistake(
            lambda x, n=n: _of_batches(x, n),
            "these are averages of the batches' averages, and the last batch is smaller",
            "add up sums and counts over all batches, and divide once",
        )
        for n in (32, 64, 128)
    ),
    *(
        Mistake(
            lambda x, of=of, less=less: (x.mean((0, 2, 3)), of(x, less)),
            likely,
            "take one deviation over all pixels of all images",
        )
        for of, likely in OTHER_DEVIATIONS
        for less in (1, 0)
    ),
    Mistake(
        lambda x: tuple(of(x.reshape(3, -1)[None, :, :, None]) for of in (_means, _deviations)),
        "reshape(3, -1) cuts the batch in three, each part with all channels of a third of the images",
        "bring the channels to the front first: images.transpose(0, 1).flatten(1)",
    ),
    Mistake(
        lambda x: (x.mean((0, 2, 3)), x.var((0, 2, 3))),
        "this is the variance",
        "take its square root",
    ),
    Mistake(
        lambda x: (x.std((0, 2, 3)), x.mean((0, 2, 3))),
        "mean and deviation are swapped (torch.std_mean gives the deviation first)",
        "return the mean first",
    ),
    Mistake(
        lambda x: (x.mean(), x.std()),
        "the three channels are taken together",
        "reduce over images, rows and columns, and keep the channels",
    ),
    Mistake(
        lambda x: (x.mean((2, 3)), x.std((2, 3))),
        "there is one value for each image",
        "reduce over the images, too: dimensions 0, 2 and 3",
    ),
    Mistake(
        lambda x: ((x * 255).long().sum((0, 2, 3)) // (x.numel() // 3) / 255, x.std((0, 2, 3))),
        "the mean was rounded to a whole number",
        "turn the images into floats before anything else",
    ),
    Mistake(
        lambda x: (x.mean((0, 2, 3)), _deviation_with_overflow(x)),
        "squares of uint8 numbers overflow: 16 * 16 gives 0",
        "turn the images into floats before anything else",
    ),
    Mistake(
        lambda x: (torch.tensor([0.4914, 0.4822, 0.4465]), torch.tensor([0.2470, 0.2435, 0.2616])),
        "these are the published numbers of CIFAR-10, not those of the images that were passed",
        "compute them from `images`",
    ),
)


SCALED_ALREADY = Mistake(
    lambda x: (x.mean((0, 2, 3)) * 255, x.std((0, 2, 3)) * 255),
    "pictures without a number above 1 are taken for divided already",
    "divide by 255, whatever the images hold: they are uint8",
)


def finds_leaks(find_leaks, _):
    """find_leaks: test images that are also in train."""
    train, test = _noise(6, seed=1), _noise(5, seed=2)
    test[1], test[2], test[4] = train[3], train[2], train[0]
    _expect_leaks(find_leaks, train, test, [1, 2, 4])
    _expect_leaks(find_leaks, train, test.contiguous(memory_format=torch.channels_last), [1, 2, 4])
    return "3 of 5 found"


def takes_repeats_apart(find_leaks, _):
    """find_leaks: repeats within a split."""
    train, test = _noise(4, seed=3), _noise(5, seed=4)
    train[2], test[3] = train[1], test[2]
    test[0], test[1], test[4] = train[1], train[1], train[1]
    _expect_leaks(find_leaks, train, test, [0, 1, 4])


@needs(finds_leaks)
def ignores_near_duplicates(find_leaks, _):
    """find_leaks: one pixel that differs by 1 is enough."""
    train, test = _noise(40, seed=5, size=32), _noise(8, seed=6, size=32)
    test[0], test[1], test[2] = train[1], train[2], train[1]
    test[1, 2, 31, 31] += 100
    test[2, 2, 31, 30] += 1
    test[3] = train[3]
    test[3, 1, 15, 16] += 1  # where print() leaves numbers out
    test[4, 0] = train[4, 0]  # test[5] is another picture
    train[6, 0, :2, :2] = 100
    test[6] = train[6]
    test[6, 0, :2, :2] += torch.tensor([[1, 255], [255, 1]], dtype=torch.uint8)  # 1 and -1
    test[7] = test[6]
    test[7, 0, 0, :2] = 100  # the sum of the image stays, not those of its rows
    _expect_leaks(find_leaks, train, test, [0], (ROUNDED_DISTANCES, *LEAK_MISTAKES), ROUNDED)


def compares_places(find_leaks, _):
    """find_leaks: moved pixels make another image."""
    train, test = _noise(3, seed=8), _noise(5, seed=9)
    test[1], test[2], test[3], test[4] = train[0].flip(2), train[0], train[2].flip(0), train[1].roll(1, 1)
    _expect_leaks(find_leaks, train, test, [2])


def finds_nothing(find_leaks, _):
    """find_leaks: no leak gives an empty list."""
    _expect_leaks(find_leaks, _noise(3, seed=10), _noise(2, seed=11), [])


def gives_means(_, channel_statistics):
    """channel_statistics: mean of each channel, 0 to 1."""
    return _expect_statistics(channel_statistics, _shaded(200), 0)


def gives_deviations(_, channel_statistics):
    """channel_statistics: deviation over all pixels."""
    return _expect_statistics(channel_statistics, _shaded(200), 1)


def uses_what_it_is_given(_, channel_statistics):
    """channel_statistics: other images, other numbers."""
    dark = _shaded(700) // 3
    _expect_statistics(channel_statistics, dark, 0)
    _expect_statistics(channel_statistics, dark, 1)


@needs(gives_deviations)
def keeps_small_deviations(_, channel_statistics):
    """channel_statistics: pictures of nearly one colour."""
    black = _noise(50, seed=13) % 2
    _expect_statistics(channel_statistics, black, 1, (SCALED_ALREADY,), CANCELLED)
    return _expect_statistics(channel_statistics, 199 + black, 1, (), CANCELLED)


CASES = (
    finds_leaks,
    takes_repeats_apart,
    ignores_near_duplicates,
    compares_places,
    finds_nothing,
    gives_means,
    gives_deviations,
    uses_what_it_is_given,
    keeps_small_deviations,
)


def clean_data(find_leaks, channel_statistics) -> None:
    """Check the exercise on duplicates across splits and on statistics of train alone."""
    library = (
        inspection.find_duplicates,
        inspection.duplicate_report,
        inspection.channel_statistics,
    )
    run("find_leaks and channel_statistics", CASES, find_leaks, channel_statistics, library=library)


def _expect_leaks(
    find_leaks,
    train: Tensor,
    test: Tensor,
    expected: list[int],
    mistakes: tuple[Mistake, ...] = LEAK_MISTAKES,
    otherwise: tuple[str, str] = COMPARE_PIXELS,
) -> None:
    got = find_leaks(train.clone(), test.clone())
    if type(got) is not list:
        raise Wrong("a list of int", brief(got), *of_wrong_type(got, "return a list, such as [3, 17]"))
    plain = all(type(position) is int for position in got)
    if plain and got == expected:
        return
    if not plain:
        otherwise = NOT_PLAIN
    if any(isinstance(item, Tensor) and item.numel() > 1 for item in got):
        otherwise = IMAGES
    likely = recognise(got, expected, mistakes, lambda answer: answer(train, test), otherwise)
    raise Wrong(brief(expected), brief(got), *likely)


def _expect_statistics(
    channel_statistics,
    images: Tensor,
    part: int,
    mistakes: tuple[Mistake, ...] = STATISTICS_MISTAKES,
    unexplained: tuple[str, str] = REDUCE_ALL,
) -> str:
    given = channel_statistics(images.clone())
    if not isinstance(given, tuple | list) or len(given) != 2:
        likely = of_wrong_type(given, "end in `return mean, std`")
        raise Wrong("a pair (mean, std)", brief(given), *likely)
    got, expected = given[part], _true_statistics(images)[part]
    right_kind = isinstance(got, Tensor) and got.is_floating_point() and got.shape == (3,)
    if right_kind and torch.allclose(got.double(), expected.double(), rtol=TOLERANCE[part], atol=1e-5):
        return brief(expected.tolist())
    otherwise = unexplained if right_kind else NOT_A_TENSOR_OF_3
    if right_kind and got.dtype in (torch.float16, torch.bfloat16):
        otherwise = TOO_FEW_DIGITS
    scaled = images.float() / 255
    likely = recognise(got, expected, mistakes, lambda answer: answer(scaled)[part], otherwise)
    raise Wrong(brief(expected), brief(got), *likely)


def _true_statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    pixels = images.double().transpose(0, 1).reshape(3, -1).numpy() / 255
    return torch.tensor(pixels.mean(1)).float(), torch.tensor(pixels.std(1)).float()


def _deviation_with_overflow(x: Tensor) -> Tensor:
    pixels = (x * 255).round().to(torch.uint8)
    squares = (pixels * pixels).float() / 255**2
    return (squares.mean((0, 2, 3)) - x.mean((0, 2, 3)) ** 2).sqrt()


def _of_batches(x: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Means over batches of ``size`` images, all of one weight."""
    mean = torch.stack([batch.mean((0, 2, 3)) for batch in x.split(size)]).mean(0)
    square = torch.stack([batch.square().mean((0, 2, 3)) for batch in x.split(size)]).mean(0)
    return mean, (square - mean.square()).sqrt()


def _noise(n: int, seed: int, size: int = 4) -> Tensor:
    """Random uint8 images ``[n, 3, size, size]`` below 255, so that 1 can be added."""
    g = torch.Generator().manual_seed(seed)
    return torch.randint(255, (n, 3, size, size), generator=g, dtype=torch.uint8)


def _shaded(n: int) -> Tensor:
    """Images that differ in brightness, with channels that differ in mean and deviation."""
    g = torch.Generator().manual_seed(12)
    noise = torch.rand(n, 3, 8, 8, generator=g)
    light = torch.rand(n, 1, 1, 1, generator=g)
    channel = torch.tensor([0.9, 0.6, 0.3]).view(1, 3, 1, 1)
    across = torch.linspace(0, 0.3, 8)  # brighter from left to right
    return (255 * channel * (0.4 * light + 0.3 * noise + across)).to(torch.uint8)
