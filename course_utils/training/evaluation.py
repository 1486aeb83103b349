"""Evaluation: logits, top-k accuracy, confusion matrix, and how sure one may be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.data.augment import Preprocess
from course_utils.data.images import ImageSet
from course_utils.models.freezing import eval_mode
from course_utils.training.device import (
    callers_autocast,
    channels_last,
    channels_last_weights,
    in_batches_that_fit,
)

EVAL_BATCH = 256


@dataclass(frozen=True)
class Scores:
    """What a model achieves on ``n`` images: mean cross-entropy in nats, accuracies as fractions."""

    loss: float
    top1: float
    top5: float
    n: int

    def __str__(self) -> str:
        if self.n == 0:
            return "no images"
        low, high = wilson_interval(round(self.top1 * self.n), self.n)
        return f"{self.top1:.1%} top-1 on {self.n:,} images (95 % interval {low:.1%} to {high:.1%})"


def predict(
    model: nn.Module, images: ImageSet, preprocess: Preprocess, batch_size: int = EVAL_BATCH
) -> Tensor:
    """Logits of every image, float32 ``[N, C]`` on the CPU; the model's modes are left as they were.

    Where a batch does not fit in a GPU's memory, it starts anew with half of it.
    """
    return in_batches_that_fit(partial(_predict, model, images, preprocess), batch_size)


def _predict(model: nn.Module, images: ImageSet, preprocess: Preprocess, batch_size: int) -> Tensor:
    device = next(model.parameters()).device
    with eval_mode(model), channels_last_weights(model), torch.inference_mode(), callers_autocast(device):
        batches = (channels_last(preprocess(x.to(device))) for x in images.images.split(batch_size))
        logits = [model(x).float() for x in batches]
    return torch.cat(logits).cpu()


def evaluate(model: nn.Module, images: ImageSet, preprocess: Preprocess) -> Scores:
    """Loss and accuracy of ``model`` on all of ``images``."""
    return score(predict(model, images, preprocess), images.labels)


def score(logits: Tensor, labels: Tensor) -> Scores:
    """Loss and accuracy from logits ``[N, C]`` and labels int64 ``[N]``."""
    labels = labels.cpu()
    loss = F.cross_entropy(logits, labels).item()
    return Scores(loss, accuracy(logits, labels), accuracy(logits, labels, k=5), len(labels))


def accuracy(logits: Tensor, labels: Tensor, k: int = 1) -> float:
    """Fraction of images whose label is among the ``k`` largest logits (top-k accuracy)."""
    top = logits.topk(min(k, logits.shape[1]), dim=1).indices
    return (top == labels[:, None]).any(dim=1).float().mean().item()


def confusion_matrix(logits: Tensor, labels: Tensor) -> Tensor:
    """Counts int64 ``[C, C]``: row = true class, column = predicted class."""
    classes = logits.shape[1]
    pairs = labels.cpu() * classes + logits.argmax(dim=1)
    return torch.bincount(pairs, minlength=classes**2).view(classes, classes)


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """95 % interval of a fraction (Wilson 1927): what the number of test images alone leaves open."""
    if n == 0:
        return 0.0, 1.0
    p, z = correct / n, 1.96
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)
