"""What is lost with a block: by seed, as rows, and what may be chance."""

import pytest

from course_utils.analysis import Arm, accuracy_lost, damage_rows, may_be_chance, mean_points

WHOLE = Arm("nothing removed", (0.8, 0.82), 1000)
ARMS = [
    WHOLE,
    Arm("layer1.0 left out", (0.6, 0.6), 1000),
    Arm("layer1.1 left out", (0.8, 0.82), 1000),
    Arm("layer1.0 shuffled", (0.3, 0.3), 1000),
    Arm("layer1.1 shuffled", (0.79, 0.81), 1000),
]


def test_losses_are_paired_by_seed():
    lost = accuracy_lost(ARMS)
    assert list(lost) == ["left out", "shuffled"] and list(lost["shuffled"]) == ["layer1.0", "layer1.1"]
    assert lost["left out"]["layer1.0"] == pytest.approx([0.2, 0.22])


def test_a_loss_of_nothing_has_no_sign():
    assert f"{mean_points([-0.0001, 0.0001]):+.1f}" == "+0.0" and f"{mean_points([-0.0003]):.1f}" == "0.0"


def test_a_row_says_which_losses_are_decided():
    rows = damage_rows({"layer1.0": 0.71, "layer1.1": 0.5, "layer2.0": 1.0}, ARMS)
    assert rows == [
        {
            "block": "layer1.0",
            "F(x) over x": "0.71",
            "lost, left out": "+21.0",
            "lost, shuffled": "+51.0",
            "decided": "left out, shuffled",
        },
        {
            "block": "layer1.1",
            "F(x) over x": "0.50",
            "lost, left out": "+0.0",
            "lost, shuffled": "+1.0",
            "decided": "neither",
        },
    ]


def test_two_standard_errors_of_a_difference():
    assert may_be_chance(Arm("a", (0.5,), 400)) == pytest.approx(2 * (0.5 / 400) ** 0.5)
