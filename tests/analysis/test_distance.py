"""Task distance: nothing is lost, all images alike, and a seed gives the same order."""

import pytest
import torch
from tiny import tiny_images

from course_utils.analysis.controls import block_side, invert, shuffle_blocks
from course_utils.errors import DataError

IMAGES = tiny_images(5).images  # [5, 3, 8, 8]


def test_inverting_twice_gives_the_images_back():
    assert torch.equal(invert(invert(IMAGES)), IMAGES)
    assert invert(IMAGES).dtype == torch.uint8
    assert invert(torch.tensor([[0, 255]], dtype=torch.uint8)).tolist() == [[255, 0]]


@pytest.mark.parametrize(
    "height, width, side", [(32, 32, 8), (50, 50, 10), (30, 30, 6), (64, 48, 8), (9, 9, 1), (225, 225, 45)]
)
def test_blocks_fill_any_picture(height, width, side):
    assert block_side(height, width) == side
    shuffle_blocks(torch.zeros(1, 3, height, width, dtype=torch.uint8), side, seed=0)


@pytest.mark.parametrize("side", [1, 2, 4])
def test_shuffling_moves_whole_squares_and_loses_none(side):
    shuffled = shuffle_blocks(IMAGES, side, seed=3)
    assert shuffled.shape == IMAGES.shape and not torch.equal(shuffled, IMAGES)
    assert squares(shuffled[0], side) == squares(IMAGES[0], side)


def squares(image: torch.Tensor, side: int) -> list[tuple]:
    cut = image.unfold(1, side, side).unfold(2, side, side).permute(1, 2, 0, 3, 4).flatten(0, 1)
    return sorted(tuple(square.flatten().tolist()) for square in cut)


def test_every_image_is_shuffled_alike():
    together = shuffle_blocks(IMAGES, 2, seed=1)
    alone = torch.cat([shuffle_blocks(image[None], 2, seed=1) for image in IMAGES])
    assert torch.equal(together, alone)
    assert not torch.equal(together, shuffle_blocks(IMAGES, 2, seed=2))


def test_one_square_stays_where_it_is():
    assert torch.equal(shuffle_blocks(IMAGES, 8, seed=0), IMAGES)


def test_squares_must_fill_the_image():
    with pytest.raises(DataError, match="squares of 3 pixels do not fill 8x8"):
        shuffle_blocks(IMAGES, 3, seed=0)
