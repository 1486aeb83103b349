"""Calibration: is a network that says 80 % right in 80 % of cases? Reliability, ECE, temperature."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

BINS = 10
COLDEST, HOTTEST, STEPS = 0.01, 100.0, 40  # limits of the search for a temperature
GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Bin:
    """The images whose confidence lies between two limits.

    Attributes:
        confidence: mean of the largest probability, a fraction.
        accuracy: fraction that is right.
    """

    count: int
    confidence: float
    accuracy: float


def reliability_bins(logits: Tensor, labels: Tensor, bins: int = BINS) -> list[Bin]:
    """Images by confidence in ``bins`` equally wide bins of 0..1; empty ones are left out.

    Args:
        logits: float ``[N, C]``.
        labels: int64 ``[N]``.
    """
    confidence, predicted = logits.softmax(dim=1).max(dim=1)
    right = (predicted == labels).float()
    place = (confidence * bins).long().clamp(max=bins - 1)
    inside = [place == i for i in range(bins)]
    return [Bin(int(m.sum()), confidence[m].mean().item(), right[m].mean().item()) for m in inside if m.any()]


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """ECE: the mean distance of confidence and accuracy, weighted by images (Naeini et al. 2015)."""
    total = sum(b.count for b in bins)
    return sum(b.count * abs(b.confidence - b.accuracy) for b in bins) / total


def errors_if_calibrated(bins: Sequence[Bin], draws: int = 2_000, seed: int = 0) -> Tensor:
    """What the ECE of a calibrated network would be: never zero, for each bin has few images.

    In each draw, every bin is right as often as its confidence says, give or take luck (binomial).

    Returns:
        The ECE of each draw, float64 ``[draws]``.
    """
    counts = torch.tensor([b.count for b in bins], dtype=torch.float64).expand(draws, -1)
    confidences = torch.tensor([b.confidence for b in bins], dtype=torch.float64).clamp(0, 1)
    right = torch.binomial(counts, confidences.expand(draws, -1), torch.Generator().manual_seed(seed))
    return (right - counts * confidences).abs().sum(dim=1) / counts[0].sum()


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature T whose ``softmax(logits / T)`` has the lowest cross-entropy (Guo et al. 2017).

    Fit it on validation images. Over 1 it makes a network less sure; the predicted class stays.
    The cross-entropy is convex in 1/T, so a golden-section search over log T finds its only minimum. The
    result is a limit of the search where that lies beyond it, or where there is none: ``COLDEST`` (0.01) if
    all images are right, ``HOTTEST`` (100) if the logits of the labels are on average not above those of the
    other classes, as where every image is wrong and its label the least probable class.
    """
    low, high = math.log(COLDEST), math.log(HOTTEST)
    logits = logits.double()

    def loss(temperature: float) -> float:
        return F.cross_entropy(logits / temperature, labels).item()

    for _ in range(STEPS):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        colder = loss(math.exp(left)) <= loss(math.exp(right))  # equal where both are 0
        low, high = (low, right) if colder else (left, high)
    return min(COLDEST, math.exp((low + high) / 2), HOTTEST, key=loss)
