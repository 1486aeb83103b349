"""What the checks of training and evaluation share: mean loss and accuracy over unequal batches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.checks.finetune.tiny import Batches, Watched, batches, watched
from course_utils.checks.mistakes import Mistake, brief, first_only, of_wrong_type, recognise
from course_utils.checks.report import Wrong

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


def mean_loss(parts: Parts, smoothing: float = 0.0) -> float:
    """Cross entropy over all images at once."""
    logits, labels = (torch.cat(tensors) for tensors in zip(*parts))
    return F.cross_entropy(logits, labels, label_smoothing=smoothing).item()


def _likelihood(parts: Parts) -> float:
    """The mean probability of the labels."""
    logits, labels = (torch.cat(tensors) for tensors in zip(*parts))
    return logits.softmax(dim=1).gather(1, labels[:, None]).mean().item()


def _running_average(parts: Parts) -> float:
    """Nine tenths of what it was, and one tenth of the new batch's loss."""
    average, *later = _losses(parts)
    for loss in later:
        average = 0.9 * average + 0.1 * loss
    return average


def accuracy(parts: Parts) -> float:
    """Fraction of all images."""
    return sum(_hits(parts)) / sum(_sizes(parts))


FIRST_BATCH = first_only("only the first batch counts")
SWAPPED = ("loss and accuracy are swapped", RETURN_A_PAIR)
UNEQUAL = ("batches are taken to be all of one size", "count the images on the way: n += len(y)")
ROUNDED = ("the number was rounded", "return it as it is; round where it is printed")
SINGLE_LEFT_OUT = ("a batch of one image was left out", "count every image")
LOSS_MISTAKES = (
    Mistake(accuracy, *SWAPPED),
    Mistake(
        lambda parts: _mean(_losses(parts)),
        "this is the mean of the batches' means: a small batch counts as much as a full one",
        "multiply each batch's loss by len(y), and divide the sum by the number of images",
    ),
    Mistake(
        lambda parts: sum(_losses(parts)) / sum(_sizes(parts)),
        "the batches' means are added up, and divided by the number of images",
        "multiply each batch's loss by len(y) first",
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
    Mistake(lambda parts: _losses(parts)[0], *FIRST_BATCH),
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
    *(
        Mistake(lambda parts, digits=digits: round(mean_loss(parts), digits), *ROUNDED)
        for digits in (1, 2, 3)
    ),
    Mistake(
        lambda parts: mean_loss([part for part in parts if len(part[1]) > 1]),
        *SINGLE_LEFT_OUT,
    ),
    Mistake(
        lambda parts: mean_loss([(logits.softmax(dim=1), y) for logits, y in parts]),
        "softmax was applied before cross_entropy, which applies it itself",
        "give F.cross_entropy the logits",
    ),
    Mistake(
        lambda parts: -_likelihood(parts),
        "the logarithm is missing: nll_loss takes log_softmax, and got probabilities",
        "F.cross_entropy(logits, y)",
    ),
    Mistake(
        lambda parts: math.exp(mean_loss(parts)),
        "this is the exponential of the loss, the perplexity",
        "return the mean cross-entropy itself",
    ),
    Mistake(
        lambda parts: mean_loss(parts, smoothing=0.1),
        "the labels are smoothed",
        "F.cross_entropy(logits, y), without label_smoothing",
    ),
    Mistake(
        _running_average,
        "this is a running average, in which late batches count more",
        "add up the losses of all images, and divide once, at the end",
    ),
)
ACCURACY_MISTAKES = (
    Mistake(mean_loss, *SWAPPED),
    *(Mistake(lambda parts, digits=digits: round(accuracy(parts), digits), *ROUNDED) for digits in (2, 3)),
    Mistake(lambda parts: accuracy([part for part in parts if len(part[1]) > 1]), *SINGLE_LEFT_OUT),
    Mistake(
        lambda parts: _mean([hits / n for hits, n in zip(_hits(parts), _sizes(parts))]),
        "this is the mean of the batches' accuracies: a small batch counts as much as a full one",
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
    Mistake(lambda parts: _hits(parts)[0] / _sizes(parts)[0], *FIRST_BATCH),
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
    Mistake(
        lambda parts: accuracy([(-logits, y) for logits, y in parts]),
        "the smallest logit is taken for the prediction",
        "argmax, not argmin",
    ),
    Mistake(
        lambda parts: accuracy([(logits.softmax(dim=0), y) for logits, y in parts]),
        "softmax was taken over the images of a batch, not over the classes",
        "the prediction is logits.argmax(dim=1): no softmax is needed",
    ),
)
TWICE = (
    "batches are counted, picked by position or gone through more than once: an iterator gives each one once",
    "count images in the loop",
)
WRONG_LOSS = (
    "none of the usual mistakes explains this",
    "F.cross_entropy(model(x), y) for each batch",
)
WRONG_ACCURACY = ("none of the usual mistakes explains this", "compare model(x).argmax(dim=1) with y")


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
        raise Wrong(
            "two floats",
            f"{name}: {brief(value)}",
            likely,
            "turn a tensor into a number with .item()",
        )


def expect_one_pass(go_through: Callable[[nn.Module, Iterable], object]) -> None:
    """Fail unless each batch goes through the model once, and batches may come from an iterator."""
    model = watched()
    go_through(model, batches(2, 2, 2))
    expect_calls(model)
    passes = len(model.training_at_calls)
    if passes != 3:
        likely = "the model is called again for the accuracy" if passes > 3 else "batches were left out"
        raise Wrong(
            "3 forward passes",
            passes,
            likely,
            "call model(x) once for each batch, and use its logits twice",
        )
    from_iterator = watched()
    try:
        go_through(from_iterator, iter(batches(2, 2, 2)))
    except (TypeError, ZeroDivisionError) as problem:
        if not from_iterator.training_at_calls or "iterator" in str(problem):
            raise Wrong("any iterable works", f"{type(problem).__name__}: {problem}", *TWICE) from problem
        raise
    passes = len(from_iterator.training_at_calls)
    if passes != 3:
        raise Wrong("3 forward passes where batches come from an iterator", passes, *TWICE)


def expect_calls(model: Watched) -> None:
    """Fail if the model was never called."""
    if not model.training_at_calls:
        likely = "no batch was given to the model"
        raise Wrong(
            "the batches go through the model",
            "it is never called",
            likely,
            "call model(x) for each batch",
        )


def pair(given: object) -> tuple[object, object]:
    """Fail the case unless ``given`` is a pair."""
    if isinstance(given, tuple | list) and len(given) == 2:
        return given[0], given[1]
    raise Wrong("a pair (loss, accuracy)", brief(given), *of_wrong_type(given, RETURN_A_PAIR))


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
    if isinstance(got, int | float) and abs(got - expected) < 1e-5:
        return brief(expected)
    likely = recognise(got, expected, mistakes, lambda wrong: wrong(parts), otherwise)
    raise Wrong(brief(expected), brief(got), *likely)
