"""Reliability bins, calibration error and temperature on logits whose truth is known."""

import pytest
import torch
import torch.nn.functional as F

from course_utils.analysis.calibration import (
    COLDEST,
    HOTTEST,
    Bin,
    errors_if_calibrated,
    expected_calibration_error,
    fit_temperature,
    reliability_bins,
)


def drawn(n: int, temperature: float, classes: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and labels that follow softmax(logits / temperature)."""
    torch.manual_seed(0)
    logits = 3 * torch.randn(n, classes)
    return logits, torch.multinomial((logits / temperature).softmax(dim=1), 1)[:, 0]


def test_bins_by_hand():
    logits = torch.tensor([[0.95, 0.05], [0.9, 0.1], [0.45, 0.55]]).log()
    first, second = reliability_bins(logits, torch.tensor([0, 1, 1]))
    assert (first.count, first.accuracy, second.count, second.accuracy) == (1, 1.0, 2, 0.5)
    assert first.confidence == pytest.approx(0.55) and second.confidence == pytest.approx(0.925)
    expected = (0.45 + 2 * 0.425) / 3
    assert expected_calibration_error([first, second]) == pytest.approx(expected, abs=1e-6)


def test_full_confidence_belongs_to_the_last_bin():
    (only,) = reliability_bins(torch.tensor([[100.0, 0.0]]), torch.tensor([0]))
    assert only.count == 1 and only.confidence == 1.0


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_labels_is_found(temperature):
    logits, labels = drawn(20_000, temperature)
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(temperature, rel=0.05)
    around = [F.cross_entropy(logits / t, labels).item() for t in (found, 0.98 * found, 1.02 * found)]
    assert min(around) == around[0]
    before, after = (
        expected_calibration_error(reliability_bins(x, labels)) for x in (logits, logits / found)
    )
    assert after < 0.02 and (after < before or temperature == 1.0)


def test_what_a_calibrated_network_shows_of_few_images():
    bins = [Bin(100, 0.5, 0.9), Bin(300, 0.8, 0.1), Bin(50, 1.0, 0.0)]
    errors = errors_if_calibrated(bins)
    # of a binomial share of n images with p the mean distance is about sqrt(2 p (1 - p) / (pi n))
    mean = (
        sum(b.count * (2 * b.confidence * (1 - b.confidence) / 3.14159 / b.count) ** 0.5 for b in bins) / 450
    )
    assert errors.shape == (2000,) and errors.mean().item() == pytest.approx(mean, rel=0.05)
    assert torch.equal(errors, errors_if_calibrated(bins)) and errors.min() >= 0
    many = [Bin(100 * b.count, b.confidence, b.accuracy) for b in bins]
    assert errors_if_calibrated(many).mean().item() == pytest.approx(mean / 10, rel=0.05)


@pytest.mark.parametrize("scale", [5, 500])
def test_a_network_that_is_always_right_gets_the_coldest_temperature(scale):
    assert fit_temperature(torch.eye(3) * scale, torch.arange(3)) == COLDEST


def test_a_network_that_is_never_right_gets_the_hottest_temperature():
    assert fit_temperature(torch.eye(3) * -5, torch.arange(3)) == HOTTEST
