"""Check of exercise topk: the share of images whose label is among the k largest logits."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief
from course_utils.checks.report import Wrong
from course_utils.checks.trials import Trial, expect
from course_utils.training import evaluation


def _ranks(logits: Tensor, labels: Tensor) -> Tensor:
    """How many classes have a larger logit than the label's, int64 ``[N]``."""
    own = logits.gather(1, labels[:, None])
    return (logits > own).sum(dim=1)


def _per_class(logits: Tensor, labels: Tensor, k: int) -> float:
    """The mean over classes of their own accuracies."""
    shares = [_topk(logits[labels == y], labels[labels == y], k) for y in labels.unique()]
    return sum(shares) / len(shares)


def _over_images(logits: Tensor, labels: Tensor, k: int) -> float:
    """Hits where the k largest are looked for in each column."""
    guesses = logits.argsort(dim=0, descending=True)[:k]
    return (guesses == labels[:, None][: len(guesses)]).any(dim=0).double().mean().item()


def _over_images_by_columns(logits: Tensor, labels: Tensor, k: int) -> float:
    """The same, of which the first k columns are taken."""
    return _any_of(logits.argsort(dim=0, descending=True)[:, :k], labels)


def _any_of(guesses: Tensor, labels: Tensor) -> float:
    """Share of the rows in which the label stands."""
    return (guesses == labels[:, None]).any(dim=1).double().mean().item()


def _struck_out(logits: Tensor, labels: Tensor, k: int, by: float = 0.0) -> float:
    """Hits where the largest logit is set to zero, or to another number, k times over."""
    left, hits = logits.clone(), torch.zeros(len(labels), dtype=torch.bool)
    for _ in range(k):
        best = left.argmax(dim=1)
        hits |= best == labels
        left[torch.arange(len(labels)), best] = by
    return hits.double().mean().item()


def _topk(logits: Tensor, labels: Tensor, k: int) -> float:
    return (_ranks(logits, labels) < k).double().mean().item()


def _among(scores: Tensor, labels: Tensor, k: int) -> float:
    """The same by topk, which takes any of equal scores."""
    guesses = scores.topk(min(k, scores.shape[1]), dim=1).indices
    return (guesses == labels[:, None]).any(dim=1).double().mean().item()


def _any_label(logits: Tensor, labels: Tensor, k: int) -> float:
    """Which share of all guesses is the label of any image."""
    guesses = logits.topk(min(k, logits.shape[1]), dim=1).indices
    return torch.isin(guesses, labels).double().mean().item()


MISTAKES = (
    Mistake(
        _struck_out,
        "what was found is struck out with a 0, which is larger than a negative logit",
        "strike it out with -inf, in a copy",
    ),
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
        lambda logits, labels, k: _topk(logits, labels, k) if k == 1 else 0.0,
        "all k guesses would have to be the label",
        "one of them is enough: .any(dim=1), not .all(dim=1)",
    ),
    Mistake(
        lambda logits, labels, k: 1 - _topk(logits, labels, k),
        "this is the error rate",
        "count the images that are right",
    ),
    Mistake(
        lambda logits, labels, k: _topk(logits.abs(), labels, k),
        "the sign of the logits is dropped",
        "a negative logit is a small one: no abs()",
    ),
    Mistake(
        lambda logits, labels, k: round(_topk(logits, labels, k), 2),
        "the fraction is rounded",
        "return it with all its digits",
    ),
    Mistake(
        lambda logits, labels, k: float(int(_topk(logits, labels, k))),
        "no image counts: the division is one of whole numbers, or the k-th place is left out",
        "divide with /, not with //; take all of the first k places",
    ),
    Mistake(
        lambda logits, labels, k: _topk(logits, labels, 5),
        "this is the top-5 accuracy whatever k is",
        "use the argument k",
    ),
    Mistake(
        _per_class,
        "this is the average of the classes' own accuracies: rare ones count as much as frequent ones",
        "divide all hits by all images",
    ),
    *(
        Mistake(
            over_images,
            "the largest logits are looked for among images, not among classes",
            "sort over dimension 1",
        )
        for over_images in (_over_images, _over_images_by_columns)
    ),
    Mistake(
        lambda logits, labels, k: _any_of(logits.topk(min(k, logits.shape[1])).values, labels),
        "the logits themselves are compared with the labels",
        "compare their positions: logits.topk(k, dim=1).indices",
    ),
    Mistake(
        lambda logits, labels, k: (
            (logits.topk(k).indices.squeeze() == labels[:, None]).any(1).double().mean().item()
        ),
        "guesses of all images are compared with each label: two shapes were broadcast",
        "print the shape of both sides of ==: [N, k] and [N, 1]",
    ),
    Mistake(
        lambda logits, labels, k: _topk(logits, labels, k + 1),
        "k + 1 places are looked at",
        "a label in place k + 1 is no hit",
    ),
    Mistake(
        lambda logits, labels, k: _among(logits.softmax(dim=1), labels, k),
        "softmax was taken first: far from the largest, all become 0, and their order is lost",
        "compare the logits themselves",
    ),
    Mistake(
        lambda logits, labels, k: _among(logits.sigmoid(), labels, k),
        "sigmoid was taken first: large ones all become 1, small ones 0, and their order is lost",
        "compare the logits themselves",
    ),
    Mistake(
        lambda logits, labels, k: _among(logits.float(), labels, k),
        "float64 logits were rounded, and close ones are equal then",
        "leave their dtype as it is",
    ),
    Mistake(
        _any_label,
        "a guess is looked up among the labels of all images",
        "compare each image's guesses with its own label: labels[:, None]",
    ),
)
IN_UINT8 = Mistake(
    lambda logits, labels, k: (_ranks(logits, labels) % 256 < k).double().mean().item(),
    "ranks are kept in uint8, where 256 is 0 again",
    "keep them in int64",
)
CAPPED = tuple(
    Mistake(
        lambda logits, labels, k, most=most: _topk(logits, labels, min(k, most)),
        "k ends at a number of places that is written down",
        "there may be more classes than ImageNet's: use k as it comes",
    )
    for most in (5, 10, 100, 1000)
)
BY_IMAGES = Mistake(
    lambda logits, labels, k: _topk(logits, labels, min(k, len(labels))),
    "k ends at the number of images",
    "places are counted among classes: a single image has C of them",
)
FEW = (
    Mistake(
        lambda logits, labels, k: 0.0,
        "more places than classes are taken for an error",
        "with k of C or more the label is always among them: return 1.0",
    ),
    Mistake(
        lambda logits, labels, k: _topk(logits, labels, logits.shape[1] - 1),
        "one class less is looked at than there are",
        "look at min(k, C) places",
    ),
    Mistake(
        lambda logits, labels, k: _struck_out(logits, labels, k, logits.min().item()),
        "what was found is struck out with the smallest logit: the class that has it is never found",
        "strike it out with -inf, in a copy",
    ),
)
BY_HAND = "sort this by hand from large to small: is the label among the first k?"


def finds_the_first(topk_accuracy):
    """k = 1: the largest logit."""
    return _expect(topk_accuracy, 1)


def finds_the_first_k(topk_accuracy):
    """k = 2, 6, 1,100 and 3: one of the largest."""
    _expect(topk_accuracy, 2)
    _expect(topk_accuracy, 6, [_sample()])
    ranks = torch.tensor([0, 1, 6, 8, 257, 1050, 1199])
    many = -torch.arange(1200.0).repeat(7, 1) / 20, ranks
    _expect(topk_accuracy, 2, [many, _sample()], (*MISTAKES, IN_UINT8))
    _expect(topk_accuracy, 1100, [many], (*CAPPED, BY_IMAGES, *MISTAKES))
    return _expect(topk_accuracy, 3)


@needs(finds_the_first_k)
def takes_negative_logits(topk_accuracy):
    """only the order counts: negative, far apart, float64."""
    samples = [(logits - 100, labels) for logits, labels in _samples()]
    _expect(topk_accuracy, 2, samples)
    _expect(
        topk_accuracy,
        1,
        [(3 + 1e-9 * logits.double().T.contiguous().T, labels) for logits, labels in samples],
    )
    _expect(topk_accuracy, 3, [(100 * logits, labels) for logits, labels in _samples()])


@needs(finds_the_first)
def takes_few_classes(topk_accuracy):
    """k of C or more: all images count."""
    logits = -_sample()[0][:5, :2].contiguous()
    labels = torch.tensor([1, 1, 1, 1, 0])
    for k in (2, 5):
        _expect(topk_accuracy, k, [(logits, labels)], (*FEW, *MISTAKES))


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


def _expect(
    topk_accuracy,
    k: int,
    samples: Sequence[tuple[Tensor, Tensor]] = (),
    mistakes: Sequence[Mistake] = MISTAKES,
) -> str:
    trials = [
        Trial(
            _told(logits, labels, k),
            lambda answer, logits=logits, labels=labels: answer(logits.clone(), labels.clone(), k),
            _topk(logits, labels, k),
        )
        for logits, labels in samples or _samples()
    ]
    expect(topk_accuracy, trials, mistakes, BY_HAND, rtol=1e-6)
    return brief(trials[-1].expected)


def _told(logits: Tensor, labels: Tensor, k: int) -> str:
    if logits.numel() > 10:
        return f"logits {list(logits.shape)}, k = {k}"
    rows = [[round(value, 1) for value in row] for row in logits.tolist()]
    return f"logits {rows}, labels {labels.tolist()}, k = {k}"


def _samples() -> list[tuple[Tensor, Tensor]]:
    """From two images to forty."""
    logits, labels = _sample()
    few = torch.tensor([[3.0, 1.0, 2.0, 0.5], [0.5, 2.0, 1.0, 3.0]])
    return [
        (few, torch.tensor([0, 1])),
        (few, torch.tensor([2, 3])),
        (logits[:9], labels[:9]),
        (logits, labels),
    ]


def _sample() -> tuple[Tensor, Tensor]:
    """Logits ``[40, 7]`` and labels whose ranks are of all kinds, no two classes alike."""
    g = torch.Generator().manual_seed(0)
    labels = torch.randint(7, (40,), generator=g)
    logits = torch.randn(40, 7, generator=g)
    logits[torch.arange(40), labels] += 0.9
    return logits, labels
