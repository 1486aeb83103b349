"""What is lost with a block: by seed, as rows, and what may be chance."""

import pytest
import torch
from torch import nn

from course_utils.analysis import (
    Arm,
    accuracy_lost,
    damage_rows,
    damaged,
    is_missed,
    mean_points,
    skipped,
)
from course_utils.data import ImageSet
from course_utils.errors import CourseError
from course_utils.models import build_stack

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
    errors = {arm.name: 0.02 for arm in ARMS[1:]}
    rows = damage_rows({"layer1.0": 0.71, "layer1.1": 0.5, "layer2.0": 1.0}, ARMS, errors)
    assert rows == [
        {
            "block": "layer1.0",
            "F(x) over x": "0.71",
            "lost, left out": "+21.0 ± 2.0",
            "left out: decided": "yes",
            "lost, shuffled": "+51.0 ± 2.0",
            "shuffled: decided": "yes",
        },
        {
            "block": "layer1.1",
            "F(x) over x": "0.50",
            "lost, left out": "+0.0 ± 2.0",
            "left out: decided": "no",
            "lost, shuffled": "+1.0 ± 2.0",
            "shuffled: decided": "no",
        },
    ]


@pytest.mark.parametrize("arms, found", [([WHOLE], "nothing removed"), ([], "no arm")])
def test_rows_need_a_block_that_was_damaged(arms, found):
    with pytest.raises(CourseError, match=rf"no block(.|\n)*found: +{found}\n"):
        damage_rows({}, arms, {})


@pytest.mark.parametrize(
    ("lost", "missed"), [((0.03, 0.05), True), ((0.03, 0.0), False), ((0.01, 0.02), False), ((0.5,), False)]
)
def test_a_block_is_missed_if_every_seed_loses_and_together_more_than_the_error(lost, missed):
    assert is_missed(lost, 0.02) == missed


def test_each_block_is_left_out_of_each_model_and_compared_image_by_image():
    torch.manual_seed(0)
    models = [build_stack(8, num_classes=3, seed=s) for s in (0, 1)]
    pictures = torch.randint(0, 255, (40, 3, 16, 16), dtype=torch.uint8)
    images = ImageSet(pictures, torch.arange(40) % 3, ("a", "b", "c"), "noise")
    arms, errors = damaged(models, images, lambda x: x / 255, {"left out": skipped})
    blocks = [name for name, block in models[0].named_modules() if _keeps_shape(block)]
    assert [arm.name for arm in arms] == ["nothing removed", *(f"{name} left out" for name in blocks)]
    assert list(errors) == [arm.name for arm in arms[1:]] and all(arm.n_images == 40 for arm in arms)
    by_hand = []
    for model in models:
        with skipped(model, blocks[0]), torch.no_grad():
            by_hand.append((model.eval()(pictures / 255).argmax(1) == images.labels).float().mean().item())
    assert arms[1].scores == pytest.approx(by_hand)


def _keeps_shape(block: nn.Module) -> bool:
    return getattr(block, "downsample", 0) is None
