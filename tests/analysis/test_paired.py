"""Paired comparisons: McNemar's p by hand, the bootstrap interval."""

import math

import pytest
import torch

from course_utils.analysis.paired import (
    bootstrap_difference,
    compare_pair,
    compare_seeds,
    exact_p,
    mid_p,
    paired_lead,
)


def test_counts_only_images_that_one_of_both_has_right():
    labels = torch.tensor([0, 1, 2, 0, 1, 2])
    first = torch.tensor([0, 1, 2, 0, 0, 0])
    second = torch.tensor([0, 1, 0, 1, 1, 1])
    pair = compare_pair(first, second, labels)
    assert (pair.only_first, pair.only_second, pair.n) == (2, 1, 6)
    assert pair.difference == pytest.approx(1 / 6)
    assert pair.low <= pair.difference <= pair.high
    assert pair.p_exact == 1.0


@pytest.mark.parametrize(
    "b, c, exact",
    [(0, 0, 1.0), (0, 5, 2 / 32), (5, 0, 2 / 32), (1, 7, 2 * 9 / 256), (4, 4, 1.0), (2, 3, 1.0)],
)
def test_exact_p(b, c, exact):
    assert exact_p(b, c) == pytest.approx(exact)
    assert mid_p(b, c) < exact_p(b, c) or b == c == 0


def test_mid_p_counts_the_observed_split_by_half():
    assert mid_p(1, 7) == pytest.approx((9 + 9 - 8) / 256)
    assert mid_p(3, 3) == pytest.approx(1 - 20 / 64 / 2)


def test_thousands_of_images_are_no_trouble():
    assert 0 < exact_p(900, 1100) < 1e-4


def test_bootstrap_interval_is_that_of_the_pairs():
    torch.manual_seed(0)
    first = torch.rand(2000) < 0.7
    second = first.clone()
    second[:100] = False
    low, high = bootstrap_difference(first, second)
    difference = (first.float().mean() - second.float().mean()).item()
    error = (difference * (1 - difference) / 2000) ** 0.5
    assert low == pytest.approx(difference - 1.96 * error, abs=0.0005)
    assert high == pytest.approx(difference + 1.96 * error, abs=0.0005)
    assert (low, high) == bootstrap_difference(first, second)


def test_seeds_are_compared_with_the_same_seed_and_with_each_of_their_own():
    labels = torch.zeros(40, dtype=torch.long)
    wrong = {
        name: [torch.arange(40) < n for n in ns] for name, ns in {"A": (5, 9, 2), "B": (7, 1, 4)}.items()
    }
    pairs = compare_seeds({name: [w.long() for w in ws] for name, ws in wrong.items()}, labels, (3, 4, 5))
    assert {name: (p.only_first, p.only_second) for name, p in pairs.items()} == {
        "A, B: seed 3": (2, 0), "A, B: seed 4": (0, 8), "A, B: seed 5": (2, 0),
        "A, itself: seeds 3, 4": (4, 0), "A, itself: seeds 3, 5": (0, 3), "A, itself: seeds 4, 5": (0, 7),
        "B, itself: seeds 3, 4": (0, 6), "B, itself: seeds 3, 5": (0, 3), "B, itself: seeds 4, 5": (3, 0),
    }  # fmt: skip


def test_what_both_have_right_or_wrong_adds_nothing_to_the_error_of_a_lead():
    labels = torch.zeros(2000, dtype=torch.long)
    first = (torch.arange(2000) % 2).long()
    second = first.clone()
    second[:200] = 1  # of these the first has 100 right
    lead, two_errors = paired_lead([first], [second], labels)
    assert lead == pytest.approx(0.05)
    assert two_errors == pytest.approx(2 * (0.05 * 0.95 / 2000) ** 0.5, rel=0.01)
    assert compare_pair(first, second, labels).two_errors == pytest.approx(two_errors, rel=0.001)
    assert paired_lead([first, second], [second, first], labels) == (0, 0)


@pytest.mark.filterwarnings("error")
def test_one_image_says_nothing_about_the_error_of_a_lead():
    right, wrong = torch.tensor([0]), torch.tensor([1])
    assert paired_lead([right], [wrong], labels=right) == (1, math.inf)
