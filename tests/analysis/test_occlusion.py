"""Occlusion: the place that a network needs is found, and counted from the whole picture."""

from dataclasses import replace

import pytest
import torch

from course_utils.analysis import best_guesses, occlusion_map
from course_utils.analysis.occlusion import middle_square
from course_utils.data import sample_photos
from course_utils.errors import DataError, WeightsError
from course_utils.models import build_model, find_weights


def test_the_place_that_decides_is_found():
    picture = torch.full((3, 20, 33), 10, dtype=torch.uint8)
    picture[:, 8:16, 16:24] = 250

    def logits_of(x):
        bright = x[:, :, 8:16, 16:24].float().mean(dim=(1, 2, 3)) / 50
        return torch.stack([bright, torch.zeros_like(bright)], dim=1)

    lost = occlusion_map(logits_of, picture, target=0, patch=8)
    assert lost.shape == (2, 4)
    assert lost.flatten().argmax() == 1 * 4 + 2 and (lost.flatten() > 1e-6).sum() == 1
    whole, grey = torch.sigmoid(torch.tensor([5.0, 128 / 50]))
    assert torch.isclose(lost[1, 2], whole - grey, atol=1e-5)
    assert picture[0, 8, 16] == 250  # the picture itself stays


def test_a_photograph_smaller_than_the_square_is_refused():
    with pytest.raises(DataError, match=r"smaller than the square(.|\n)*found: +40 x 20 \(width"):
        occlusion_map(lambda x: x, torch.zeros(3, 20, 40, dtype=torch.uint8), target=0)


def test_the_square_is_the_middle_of_a_wide_photograph_and_the_top_of_a_high_one():
    wide = torch.arange(8, dtype=torch.uint8).repeat(3, 4, 1)
    assert middle_square(wide, 4)[0, 0].tolist() == [2, 3, 4, 5]
    high = wide.transpose(1, 2)
    assert middle_square(high, 4)[0, :, 0].tolist() == [0, 1, 2, 3]
    resized = middle_square(wide, 9)
    assert resized.dtype == torch.uint8 and resized.shape == (3, 9, 9)


def test_guesses_are_the_most_probable_classes_in_order():
    weights = find_weights("imagenet", "efficientnet_lite0")
    network = build_model("efficientnet_lite0", weights, num_classes=None).eval()
    officer, *_ = sample_photos()
    square, guesses = best_guesses(network, weights, officer.read(), k=3)
    assert square.shape == (3, 224, 224) and guesses[0][0] == "military uniform" and guesses[0][1] > 0.3
    chances = [chance for _, chance in guesses]
    assert len(guesses) == 3 and chances == sorted(chances, reverse=True) and sum(chances) <= 1


@pytest.mark.parametrize("names", [(), ("cat", "dog")])
def test_guesses_need_a_name_for_each_output(names):
    small = find_weights("small")
    network = build_model("resnet18", small, num_classes=None)
    photo = torch.zeros(3, 64, 64, dtype=torch.uint8)
    with pytest.raises(WeightsError, match=rf"200 names(.|\n)*found: +{len(names)}"):
        best_guesses(network, replace(small, classes=names), photo, size=64)
