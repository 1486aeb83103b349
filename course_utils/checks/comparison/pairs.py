"""Check of exercise mcnemar: images that only one network has right, and the exact p-value."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.analysis import paired
from course_utils.checks.comparison.tiny import predictions
from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong

KINDS = (40, 9, 3, 12)  # images that both, only the first, only the second, and neither has right
Answer = tuple[int, int, float]


def _counts(first: Tensor, second: Tensor, labels: Tensor) -> tuple[int, int]:
    a, b = first == labels, second == labels
    return int((a & ~b).sum()), int((b & ~a).sum())


def _right(first: Tensor, second: Tensor, labels: Tensor) -> Answer:
    b, c = _counts(first, second, labels)
    return b, c, paired.exact_p(b, c)


def _with_p(p: Callable[[int, int], float]) -> Callable[..., float]:
    return lambda *vectors: p(*_counts(*vectors))


def _one_sided(b: int, c: int) -> float:
    return _uncapped(b, c) / 2


def _uncapped(b: int, c: int) -> float:
    return 2 * sum(math.comb(b + c, i) for i in range(min(b, c) + 1)) / 2 ** (b + c)


def _chi_square(correction: int) -> Callable[[int, int], float]:
    return lambda b, c: math.erfc(math.sqrt(max(abs(b - c) - correction, 0) ** 2 / (b + c) / 2))


def _without_equal(b: int, c: int) -> float:
    return 2 * sum(math.comb(b + c, i) for i in range(min(b, c))) / 2 ** (b + c)


def _from_wrong_end(b: int, c: int) -> float:
    return min(1.0, 2 * sum(math.comb(b + c, i) for i in range(max(b, c) + 1)) / 2 ** (b + c))


def _of_this_result(b: int, c: int) -> float:
    return min(1.0, 2 * math.comb(b + c, b) / 2 ** (b + c))


def _of_all_images(first: Tensor, second: Tensor, labels: Tensor) -> float:
    n, least = len(labels), min(_counts(first, second, labels))
    return min(1.0, 2 * sum(math.comb(n, i) for i in range(least + 1)) / 2**n)


def _of_all_different(first: Tensor, second: Tensor, labels: Tensor) -> float:
    n, least = int((first != second).sum()), min(_counts(first, second, labels))
    return min(1.0, 2 * sum(math.comb(n, i) for i in range(least + 1)) / 2**n)


def _own_coin(b: int, c: int) -> float:
    n, coin = b + c, b / (b + c)
    return min(1.0, 2 * sum(math.comb(n, i) * coin**i * (1 - coin) ** (n - i) for i in range(min(b, c) + 1)))


# Each gives the two counts.
COUNT_MISTAKES = (
    Mistake(
        lambda first, second, labels: (int((first == second).sum()), int((first != second).sum())),
        "the predictions are compared with each other, and not with the labels",
        "count where first == labels and second != labels",
    ),
    Mistake(
        lambda *vectors: _counts(*vectors)[::-1],
        "the two have changed places",
        "first right and second wrong comes first",
    ),
    Mistake(
        lambda first, second, labels: (int((first == labels).sum()), int((second == labels).sum())),
        "all right answers are counted: images that both have right cancel out",
        "count where one is right *and* the other is wrong",
    ),
    Mistake(
        lambda first, second, labels: (int((first != labels).sum()), int((second != labels).sum())),
        "all wrong answers are counted: images that both have wrong cancel out",
        "count where one is right *and* the other is wrong",
    ),
    Mistake(
        lambda first, second, labels: (
            int(((first == labels) & (first != second)).sum()),
            int(((first != labels) & (first != second)).sum()),
        ),
        "two different wrong classes are counted for the second",
        "the second count needs second == labels",
    ),
    Mistake(
        lambda first, second, labels: (
            int(((second != labels) & (first != second)).sum()),
            _counts(first, second, labels)[1],
        ),
        "two different wrong classes are counted for the first",
        "the first count needs first == labels",
    ),
)
SORTED_MISTAKES = (
    Mistake(
        lambda *vectors: tuple(sorted(_counts(*vectors), reverse=True)),
        "the larger count comes first, whichever network it belongs to",
        "the count of the first network comes first",
    ),
)
# Each gives p.
OTHER_TOSSES = (
    Mistake(
        _of_all_images,
        "all images are tossed: those that both have right or wrong say nothing",
        "toss only the images that exactly one has right: n = b + c",
    ),
    Mistake(
        _of_all_different,
        "all images with different predictions are tossed, also those that both have wrong",
        "toss only the images that exactly one has right: n = b + c",
    ),
)
P_MISTAKES = (
    Mistake(
        _with_p(_of_this_result),
        "this is the probability of the result itself: those that are more uneven are left out",
        "add up the whole tail: range(min(b, c) + 1)",
    ),
    *OTHER_TOSSES,
    Mistake(
        _with_p(_one_sided),
        "this is the one-sided p",
        "as uneven in the other direction counts as well: twice the tail",
    ),
    Mistake(
        _with_p(lambda b, c: 1 - paired.exact_p(b, c)),
        "this is 1 - p",
        "p is the probability of a result as uneven as this or more, not of the others",
    ),
    Mistake(
        _with_p(_uncapped),
        "where both counts are equal the middle is counted twice: over 1",
        "take the smaller of this and 1.0",
    ),
    Mistake(
        _with_p(_chi_square(0)),
        "this is the chi-square approximation, rough for few images",
        "add up the binomial probabilities: math.comb",
    ),
    Mistake(
        _with_p(_chi_square(1)),
        "this is the chi-square approximation with a correction: still no exact p",
        "add up the binomial probabilities with math.comb",
    ),
    Mistake(
        _with_p(paired.mid_p),
        "this is the mid-p, which counts the observed result by half",
        "the exact p counts the observed result in full",
    ),
    Mistake(
        _with_p(_without_equal),
        "the observed result itself is left out of the tail",
        "range(min(b, c) + 1) has it",
    ),
    Mistake(
        _with_p(_from_wrong_end),
        "the long end of the distribution was added up",
        "the tail goes from 0 to the smaller count",
    ),
    Mistake(
        _with_p(_own_coin),
        "the coin is not fair: its probability was taken from the counts",
        "under the null hypothesis it is 1/2",
    ),
)
OTHER_COUNTS = (
    "none of the usual mistakes explains this: other images are counted",
    "make a table of 2 x 2: first right or wrong, second right or wrong",
)
NEARLY = (
    "p is nearly right: it was rounded, or is an approximation",
    "return the exact p with all its digits",
)
OTHER_P = ("none of the usual mistakes explains this", "try 1 and 5 by hand: 2 * (1 + 6) / 64")
NOTHING_LEFT = (
    "p is 1 minus the rest, which leaves a float no digits where p is so small; or it was rounded",
    "add up the tail itself, from 0 to the smaller count, and return it with all its digits",
)
NO_TOSS = (
    "nothing differs, so no coin is tossed: every result is as uneven as this one",
    "return 1.0 for p there",
)


def counts_discordant(mcnemar):
    """images that only one of the two has right."""
    _expect_counts(mcnemar, KINDS)


@needs(counts_discordant)
def gives_exact_p(mcnemar):
    """the exact two-sided p."""
    return brief(_expect_p(mcnemar, KINDS))


@needs(gives_exact_p)
def ignores_order(mcnemar):
    """the networks change places: the counts, too, not p."""
    both, b, c, neither = KINDS
    _expect_counts(mcnemar, (both, c, b, neither), SORTED_MISTAKES)
    _expect_p(mcnemar, (both, c, b, neither))


@needs(counts_discordant)
def stays_below_one(mcnemar):
    """as many of each kind: p is 1."""
    _expect_p(mcnemar, (20, 6, 6, 5))


@needs(counts_discordant)
def takes_no_difference(mcnemar):
    """the same predictions twice: p is 1."""
    _expect_p(mcnemar, (3, 0, 0, 5), OTHER_TOSSES, NO_TOSS)


@needs(gives_exact_p)
def takes_many_images(mcnemar):
    """2,700 images that only one has right."""
    try:
        _expect_p(mcnemar, (100, 1400, 1300, 50))
    except OverflowError as problem:
        likely = "2.0 ** n, or math.comb(n, k) times a float: numbers of this size are too large for a float"
        remedy = "add up ints and divide once, by the int 2 ** n: Python divides large ints exactly"
        raise Wrong("a p", "OverflowError", likely, remedy) from problem


@needs(gives_exact_p)
def takes_small_p(mcnemar):
    """60 images that only one has right: p is tiny, not 0."""
    return brief(_expect_p(mcnemar, (20, 60, 0, 5), (), NOTHING_LEFT))


def leaves_the_vectors(mcnemar):
    """predictions and labels stay as they are."""
    given = predictions(*KINDS)
    mcnemar(*given)
    if not all(map(torch.equal, given, predictions(*KINDS))):
        likely = "predictions were marked or changed in place: the caller still needs them"
        raise Wrong("the same vectors", "others", likely, "compare into new tensors: first == labels")


CASES = (
    counts_discordant,
    gives_exact_p,
    ignores_order,
    stays_below_one,
    takes_no_difference,
    takes_many_images,
    takes_small_p,
    leaves_the_vectors,
)


def mcnemar(mcnemar) -> None:
    """Check the exercise on McNemar's test."""
    library = (paired.compare_pair, paired.exact_p, paired.mid_p)
    run("mcnemar", CASES, mcnemar, library=library)


def _answer(mcnemar, kinds: tuple[int, ...]) -> tuple:
    got = mcnemar(*(vector + 7 * kinds[0] for vector in predictions(*kinds)))
    if isinstance(got, tuple | list) and len(got) == 3:
        return tuple(got)
    remedy = "return the two counts and p"
    raise Wrong("(only_first, only_second, p)", brief(got), *of_wrong_type(got, remedy))


def _expect_counts(mcnemar, kinds: tuple[int, ...], mistakes: tuple[Mistake, ...] = COUNT_MISTAKES) -> None:
    got, vectors = _answer(mcnemar, kinds)[:2], predictions(*kinds)
    expected = _counts(*vectors)
    plain = all(type(count) is int for count in got)
    if plain and got == expected:
        return
    otherwise = OTHER_COUNTS if plain else of_wrong_type(got[0], "return int: int(tensor) or .item()")
    likely = recognise(got, expected, mistakes, lambda wrong: wrong(*vectors), otherwise)
    raise Wrong(expected, brief(got), *likely)


def _expect_p(
    mcnemar,
    kinds: tuple[int, ...],
    mistakes: tuple[Mistake, ...] = P_MISTAKES,
    unexplained: tuple[str, str] = OTHER_P,
) -> float:
    got, vectors = _answer(mcnemar, kinds)[2], predictions(*kinds)
    expected = _right(*vectors)[2]
    if type(got) is float and abs(got - expected) <= 1e-6 * expected:
        return expected
    otherwise = unexplained if type(got) is float else of_wrong_type(got, "return p as a float")
    if type(got) is float and abs(got - expected) <= 1e-2 * expected:
        otherwise = NEARLY
    likely = recognise(got, expected, mistakes, lambda wrong: wrong(*vectors), otherwise)
    raise Wrong(brief(expected), brief(got), *likely)
