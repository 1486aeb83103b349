"""Two sets of predictions for the same images: McNemar's test and a bootstrap interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb, inf

import torch
from torch import Tensor

DRAWS, LEVEL = 2000, 0.95


@dataclass(frozen=True)
class Paired:
    """What two checkpoints did on the same ``n`` images.

    Attributes:
        only_first: images that only the first one has right; ``only_second`` likewise.
        low: lower end of the 95 % bootstrap interval of the difference of the accuracies (first minus
            second, a fraction); ``high`` is the upper end.
    """

    only_first: int
    only_second: int
    n: int
    low: float
    high: float

    @property
    def difference(self) -> float:
        """Accuracy of the first minus that of the second, a fraction."""
        return (self.only_first - self.only_second) / self.n

    @property
    def two_errors(self) -> float:
        """Two standard errors of the difference, of drawing the images: a fraction."""
        differ = (self.only_first + self.only_second) / self.n
        return 2 * ((differ - self.difference**2) / self.n) ** 0.5

    @property
    def p_exact(self) -> float:
        return exact_p(self.only_first, self.only_second)


def compare_pair(first: Tensor, second: Tensor, labels: Tensor, seed: int = 0) -> Paired:
    """Compare two checkpoints by their predicted classes, int64 ``[N]``, on the same images.

    It tells whether *these two checkpoints* differ on images like these. Another seed is another
    checkpoint: what it says of two architectures needs several pairs.
    """
    first_right, second_right = first == labels, second == labels
    low, high = bootstrap_difference(first_right, second_right, seed)
    return Paired(
        only_first=int((first_right & ~second_right).sum()),
        only_second=int((second_right & ~first_right).sum()),
        n=len(labels),
        low=low,
        high=high,
    )


def compare_seeds(
    predicted: Mapping[str, Sequence[Tensor]], labels: Tensor, seeds: Sequence[int]
) -> dict[str, Paired]:
    """Two networks, each trained with the same seeds: against one another, then each against itself.

    Of itself every two seeds are compared: what is left out might differ most.

    Args:
        predicted: for both names the predicted classes, int64 ``[N]``, of each seed.
    """
    (first, ours), (second, theirs) = predicted.items()
    pairs = {
        f"{first}, {second}: seed {s}": compare_pair(a, b, labels) for s, a, b in zip(seeds, ours, theirs)
    }
    for name, of_seed in predicted.items():
        for (s, one), (t, other) in combinations(zip(seeds, of_seed), 2):
            pairs[f"{name}, itself: seeds {s}, {t}"] = compare_pair(one, other, labels)
    return pairs


def paired_lead(first: Sequence[Tensor], second: Sequence[Tensor], labels: Tensor) -> tuple[float, float]:
    """Lead of ``first`` over ``second``, means over their seeds, and two standard errors of drawing images.

    Both are measured on the same images, so an image that is hard for both adds nothing to the error:
    what counts is how much the *difference* varies from image to image. One image does not tell that: the
    error is infinite.
    """
    right = [torch.stack([p == labels for p in seeds]).double().mean(dim=0) for seeds in (first, second)]
    step = right[0] - right[1]
    if len(step) < 2:
        return step.mean().item(), inf
    return step.mean().item(), 2 * step.std().item() / len(step) ** 0.5


def exact_p(b: int, c: int) -> float:
    """McNemar's exact two-sided p: if each of the ``b + c`` images that only one has right were a fair
    coin, how often would they fall as unevenly as this, or more?"""
    tail = sum(comb(b + c, i) for i in range(min(b, c) + 1))
    return min(1.0, 2 * tail / 2 ** (b + c))


def mid_p(b: int, c: int) -> float:
    """The same, with what is exactly as uneven counted by half: less cautious (Fagerland et al. 2013)."""
    as_uneven = comb(b + c, b) / 2 ** (b + c)
    return exact_p(b, c) - (as_uneven if b != c else as_uneven / 2)


def bootstrap_difference(
    first_right: Tensor, second_right: Tensor, seed: int = 0, draws: int = DRAWS
) -> tuple[float, float]:
    """95 % interval of the difference of two accuracies on the same images, bool ``[N]`` each.

    Images are drawn with replacement, both answers to an image together (percentile bootstrap).
    """
    generator = torch.Generator().manual_seed(seed)
    step = first_right.double() - second_right.double()
    n = len(step)
    means = [step[torch.randint(n, (n,), generator=generator)].mean() for _ in range(draws)]
    edges = torch.tensor([(1 - LEVEL) / 2, (1 + LEVEL) / 2], dtype=torch.float64)
    low, high = torch.stack(means).quantile(edges).tolist()
    return low, high
