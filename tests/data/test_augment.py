"""Augmentation and preprocessing of batches."""

import pytest
import torch
from tiny import PREPROCESS

from course_utils.data.augment import Augment, Preprocess, change_light, shift


def batch(n=64, side=8):
    return torch.randint(0, 256, (n, 3, side, side), generator=torch.Generator().manual_seed(0)).to(
        torch.uint8
    )


def generator():
    return torch.Generator().manual_seed(1)


def test_preprocess_normalises():
    images = batch()
    x = PREPROCESS(images)
    assert x.dtype == torch.float32 and x.shape == images.shape
    expected = (images[3, 1, 2, 4] / 255 - 0.5) / 0.25
    assert x[3, 1, 2, 4].item() == pytest.approx(expected.item(), abs=1e-6)


def test_preprocess_resizes_in_batches():
    larger = Preprocess(PREPROCESS.mean, PREPROCESS.std, size=20)
    assert larger(batch()).shape == (64, 3, 20, 20)
    flat = torch.full((1, 3, 8, 8), 100, dtype=torch.uint8)
    assert torch.allclose(larger(flat), PREPROCESS(flat)[:, :, :1, :1].expand(1, 3, 20, 20), atol=1e-5)


def test_each_image_is_shifted_by_itself_and_stays_inside_the_padded_one():
    images = batch(n=1).repeat(64, 1, 1, 1)
    moved = shift(images, 2, generator())
    assert moved.dtype == torch.uint8 and moved.shape == images.shape
    assert len({m.numpy().tobytes() for m in moved}) > 10
    padded = torch.nn.functional.pad(images[0], (2, 2, 2, 2))
    windows = {padded[:, t : t + 8, u : u + 8].numpy().tobytes() for t in range(5) for u in range(5)}
    assert {m.numpy().tobytes() for m in moved} <= windows


def test_about_half_is_mirrored():
    images = batch()
    mirrored = Augment(pad=0)(images, generator())
    unchanged = sum(torch.equal(a, b) for a, b in zip(images, mirrored))
    flipped = sum(torch.equal(a.flip(-1), b) for a, b in zip(images, mirrored))
    assert unchanged + flipped == 64 and 20 < flipped < 44


def test_light_changes_each_image_by_itself_within_bounds():
    images = batch()
    changed = change_light(images, 0.2, generator())
    factor = changed.mean((1, 2, 3)) / images.float().mean((1, 2, 3))
    assert factor.min() > 0.75 and factor.max() < 1.25 and factor.std() > 0.05


def test_the_same_generator_gives_the_same_pictures():
    augment = Augment(jitter=0.1)
    a, b = (augment(batch(), generator()) for _ in range(2))
    assert torch.equal(a, b)
