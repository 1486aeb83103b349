"""Depth: a grid of rates on the first seed, the least training error chosen, growth as rows."""

import pytest
from torch import nn

from course_utils.analysis import Arm, error_rows, fit_at_best_rate, growth_rows
from course_utils.training import EpochRecord, History


def trained(calls):
    """A training that fits most at a rate of 0.03, and more with a larger seed."""

    def train(seed, rate):
        calls.append((seed, rate))
        reached = {0.01: 0.6, 0.03: 0.8}.get(rate, 0.5) + 0.01 * seed
        epochs = [
            EpochRecord(i + 1, 0, 0.0, 1.0, value, 1.0, 0.9 - value, 1.0)
            for i, value in enumerate((0.1, reached - 0.2))
        ]
        model = nn.Linear(1, 1)
        nn.init.constant_(model.bias, reached)
        return model, History(n_train=50, records=epochs)

    return train


def test_the_rate_of_the_least_training_error_is_chosen_on_the_first_seed(capsys):
    calls: list = []
    fits = fit_at_best_rate(
        "plain", trained(calls), (0.01, 0.03, 0.1), [0, 1, 2], lambda model: model.bias.item()
    )
    assert calls == [(0, 0.01), (0, 0.03), (0, 0.1), (1, 0.03), (2, 0.03)]
    assert fits.rate == 0.03 and fits.grid == pytest.approx({0.01: 0.4, 0.03: 0.2, 0.1: 0.5})
    assert fits.arm.scores == pytest.approx((0.8, 0.81, 0.82))
    assert (fits.arm.lr, fits.arm.n_images) == (0.03, 50)
    assert fits.errors[2] == pytest.approx([0.9, 0.38]) and len(fits.models) == 3
    assert fits.to_dict()["grid"] == pytest.approx({"0.01": 0.4, "0.03": 0.2, "0.1": 0.5})
    assert "0.01: 40.0%   0.03: 20.0%   0.1: 50.0%   -> 0.03" in capsys.readouterr().out


def test_what_is_not_fitted_has_its_range():
    (row,) = error_rows([Arm("plain, 32 layers", (0.94, 0.8), 500, 0.01)])
    assert row == {
        "stack": "plain, 32 layers",
        "training error": "13.0 %",
        "lowest to highest": "6.0 to 20.0",
        "seeds": "2",
        "rate": "0.01",
    }


def test_growth_has_a_row_a_stack_and_a_column_a_depth():
    (row,) = growth_rows({"plain": {"14": [4.0, 4.0], "56": [2100.0]}})
    assert row == {"stack": "plain", "14 layers": "4 (4 to 4)", "56 layers": "2,100 (2,100 to 2,100)"}
