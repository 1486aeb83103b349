"""Occlusion: the place that a network needs is found, and counted from the whole picture."""

import torch

from course_utils.analysis import occlusion_map


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
