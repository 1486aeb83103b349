"""What training and evaluation have in common: mean loss and accuracy over batches of unequal size."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.checks.core import Mistake, Wrong, brief, recognise
from course_utils.checks.finetune.tiny import Batches

# Logits and labels of each batch.
Parts = list[tuple[Tensor, Tensor]]

RETURN_A_PAIR = "end in `return loss, accuracy`"


def _losses(parts: Parts) -> list[float]:
    return [F.cross_entropy(logits, y).item() for logits, y in parts]


def _hits(parts: Parts) -> list[int]:
    return [int((logits.argmax(dim=1) == y).sum()) for logits, y in parts]


def _sizes(parts: Parts) -> list[int]:
    return [len(y) for _, y in parts]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def mean_loss(parts: Parts) -> float:
    """Cross entropy over all images at once."""
    return F.cross_entropy(torch.cat([z for z, _ in parts]), torch.cat([y for _, y in parts])).item()


def accuracy(parts: Parts) -> float:
    """Fraction of all images."""
    return sum(_hits(parts)) / sum(_sizes(parts))


SWAPPED = ("loss and accuracy are swapped", RETURN_A_PAIR)
UNEQUAL = ("batches are taken to be all of one size", "count the images on the way: n += len(y)")
LOSS_MISTAKES = (
    Mistake(accuracy, *SWAPPED),
    Mistake(
        lambda parts: _mean(_losses(parts)),
        "this is the mean of the batches' means: a small last batch counts as much as a full one",
        "multiply each batch's loss by len(y), and divide the sum by the number of images",
    ),
    Mistake(
        lambda parts: sum(_losses(parts)),
        "this is the sum of the batches' means",
        "multiply each batch's loss by len(y), and divide the sum by the number of images",
    ),
    Mistake(
        lambda parts: mean_loss(parts) * sum(_sizes(parts)),
        "this is the sum over all images",
        "divide by the number of images",
    ),
    Mistake(
        lambda parts: mean_loss(parts) * sum(_sizes(parts)) / len(parts),
        "the sum over all images is divided by the number of batches",
        "divide by the number of images",
    ),
    Mistake(
        lambda parts: _losses(parts)[-1],
        "this is the loss of the last batch alone",
        "add up the losses of all batches",
    ),
    Mistake(
        lambda parts: mean_loss(parts) * sum(_sizes(parts)) / (len(parts) * len(parts[0][1])),
        *UNEQUAL,
    ),
    Mistake(
        lambda parts: sum(_losses(parts)) * len(parts[0][1]) / sum(_sizes(parts)),
        *UNEQUAL,
    ),
    Mistake(
        lambda parts: mean_loss([(logits.softmax(dim=1), y) for logits, y in parts]),
        "softmax was applied before cross_entropy, which applies it itself",
        "give F.cross_entropy the logits",
    ),
)
ACCURACY_MISTAKES = (
    Mistake(mean_loss, *SWAPPED),
    Mistake(
        lambda parts: _mean([hits / n for hits, n in zip(_hits(parts), _sizes(parts))]),
        "this is the mean of the batches' accuracies: a small last batch counts as much as a full one",
        "count right images and all images; divide once, at the end",
    ),
    Mistake(
        lambda parts: 100 * accuracy(parts),
        "this is per cent",
        "return a fraction, 0 to 1",
    ),
    Mistake(
        lambda parts: sum(_hits(parts)),
        "this is the number of right images",
        "divide by the number of images",
    ),
    Mistake(
        lambda parts: sum(_hits(parts)) / len(parts),
        "the number of right images is divided by the number of batches",
        "divide by the number of images",
    ),
    Mistake(
        lambda parts: _hits(parts)[-1] / _sizes(parts)[-1],
        "this is the accuracy of the last batch alone",
        "count over all batches",
    ),
    Mistake(
        lambda parts: sum(_hits(parts)) / (len(parts) * len(parts[0][1])),
        *UNEQUAL,
    ),
    Mistake(
        lambda parts: 1 - accuracy(parts),
        "this is the error rate",
        "count the images that are right",
    ),
)
WRONG_LOSS = ("this is not the cross entropy of these images", "F.cross_entropy(model(x), y) for each batch")
WRONG_ACCURACY = ("these are not the right images", "compare model(x).argmax(dim=1) with y")


def logits_of(model: nn.Module, batches: Batches) -> Parts:
    """What the model gives for each batch, and the labels."""
    with torch.no_grad():
        return [(model(x), y) for x, y in batches]


def expect_loss(given: object, parts: Parts) -> str:
    """Compare the first of the pair ``given`` with the mean loss per image."""
    return _expect(pair(given)[0], parts, mean_loss, LOSS_MISTAKES, WRONG_LOSS)


def expect_accuracy(given: object, parts: Parts) -> str:
    """Compare the second of the pair ``given`` with the fraction of right images."""
    return _expect(pair(given)[1], parts, accuracy, ACCURACY_MISTAKES, WRONG_ACCURACY)


def expect_floats(given: object) -> None:
    """Fail unless both are plain floats."""
    for name, value in zip(("loss", "accuracy"), pair(given)):
        if type(value) is float:
            continue
        likely = f"the {name} is of type {type(value).__name__}"
        if isinstance(value, Tensor) and value.requires_grad:
            likely = f"the {name} is a tensor, and keeps the graph of every batch in memory"
        raise Wrong("two floats", f"{name}: {brief(value)}", likely, "turn a tensor into a number with .item()")


def pair(given: object) -> tuple[object, object]:
    """Fail the case unless ``given`` is a pair."""
    if isinstance(given, tuple | list) and len(given) == 2:
        return given[0], given[1]
    likely = "a `return` is missing" if given is None else "loss and accuracy are not given as a pair"
    raise Wrong("a pair (loss, accuracy)", brief(given), likely, RETURN_A_PAIR)


def _expect(
    got: object,
    parts: Parts,
    truth: Callable[[Parts], float],
    mistakes: tuple[Mistake, ...],
    otherwise: tuple[str, str],
) -> str:
    expected = truth(parts)
    if isinstance(got, Tensor) and got.numel() == 1:
        got = got.item()
    if isinstance(got, int | float) and abs(got - expected) < 1e-4:
        return brief(expected)
    raise Wrong(brief(expected), brief(got), *recognise(got, mistakes, lambda wrong: wrong(parts), otherwise))
