"""Check of exercise topk: the share of images whose label is among the k largest logits."""

from __future__ import annotations

import torch
from torch import Tensor

from course_utils.checks.core import run
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.training import evaluation


def _ranks(logits: Tensor, labels: Tensor) -> Tensor:
    """How many classes have a larger logit than the label's, int64 ``[N]``."""
    own = logits.gather(1, labels[:, None])
    return (logits > own).sum(dim=1)


def _topk(logits: Tensor, labels: Tensor, k: int) -> float:
    return (_ranks(logits, labels) < k).double().mean().item()


MISTAKES = (
    Mistake(
        lambda logits, labels, k: _topk(logits, labels, 1),
        "this is the top-1 accuracy whatever k is",
        "look at the k largest logits: logits.topk(k, dim=1)",
    ),
    Mistake(
        lambda logits, labels, k: _topk(-logits, labels, k),
        "the k smallest logits are taken",
        "sort from large to small: descending=True",
    ),
    Mistake(
        lambda logits, labels, k: (_ranks(logits, labels) == k - 1).double().mean().item(),
        "only the k-th place is looked at",
        "the label may be in any of the first k places",
    ),
    Mistake(
        lambda logits, labels, k: 100 * _topk(logits, labels, k),
        "this is per cent",
        "return a fraction, 0 to 1",
    ),
    Mistake(
        lambda logits, labels, k: _topk(logits, labels, k) * len(labels),
        "this is the number of images",
        "divide by the number of images",
    ),
    Mistake(
        lambda logits, labels, k: _topk(logits, labels, k) / k,
        "hits are divided by k times the number of images",
        "an image has one label: count it once, with .any(dim=1)",
    ),
    Mistake(
        lambda logits, labels, k: 1 - _topk(logits, labels, k),
        "this is the error rate",
        "count the images that are right",
    ),
    Mistake(
        lambda logits, labels, k: _topk(logits, labels, k + 1),
        "k + 1 places are looked at",
        "a label in place k + 1 is no hit",
    ),
)
OTHERWISE = ("these are not the images with their label among the k largest", "try k = 1 by hand")


def finds_the_first(topk_accuracy):
    """k = 1: the largest logit."""
    return _expect(topk_accuracy, *_sample(), 1)


def finds_the_first_k(topk_accuracy):
    """k = 3: one of the three largest."""
    return _expect(topk_accuracy, *_sample(), 3)


def takes_negative_logits(topk_accuracy):
    """only the order of the logits counts."""
    logits, labels = _sample()
    _expect(topk_accuracy, logits - 100, labels, 2)


def takes_few_classes(topk_accuracy):
    """k larger than the number of classes: all are right."""
    logits, labels = _sample()
    _expect(topk_accuracy, logits[:, :2].contiguous(), labels % 2, 5)


def changes_nothing(topk_accuracy):
    """logits and labels stay as they are."""
    logits, labels = _sample()
    before = logits.clone(), labels.clone()
    topk_accuracy(logits, labels, 2)
    if not (torch.equal(logits, before[0]) and torch.equal(labels, before[1])):
        remedy = "work on a copy: logits.clone()"
        raise Wrong("the same numbers", "others", "logits or labels were overwritten", remedy)


CASES = (
    finds_the_first,
    finds_the_first_k,
    takes_negative_logits,
    takes_few_classes,
    changes_nothing,
)


def topk(topk_accuracy) -> None:
    """Check the exercise on top-k accuracy."""
    library = (evaluation.accuracy, evaluation.score)
    run("topk_accuracy", CASES, topk_accuracy, library=library)


def _expect(topk_accuracy, logits: Tensor, labels: Tensor, k: int) -> str:
    expected = _topk(logits, labels, k)
    got = topk_accuracy(logits.clone(), labels.clone(), k)
    if type(got) is float and abs(got - expected) < 1e-5:
        return brief(expected)
    wrong_type = of_wrong_type(got, "return a float; .item() turns a tensor into a number")
    otherwise = OTHERWISE if type(got) is float else wrong_type
    likely = recognise(got, expected, MISTAKES, lambda wrong: wrong(logits, labels, k), otherwise)
    raise Wrong(brief(expected), brief(got), *likely)


def _sample() -> tuple[Tensor, Tensor]:
    """Logits ``[40, 7]`` and labels whose ranks are of all kinds, no two classes alike."""
    g = torch.Generator().manual_seed(0)
    labels = torch.randint(7, (40,), generator=g)
    logits = torch.randn(40, 7, generator=g)
    logits[torch.arange(40), labels] += 0.9
    return logits, labels
