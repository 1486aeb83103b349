"""LeNet-5: its shapes and its size."""

import torch

from course_utils.zoo.building import LeNet5


def test_parameters_layer_by_layer():
    counts = [p.numel() for p in LeNet5().parameters() if p.ndim > 1]
    assert counts == [6 * 3 * 25, 16 * 6 * 25, 400 * 120, 120 * 84, 84 * 10]
    assert sum(p.numel() for p in LeNet5().parameters()) == 62_006
    assert LeNet5(3)(torch.zeros(2, 3, 32, 32)).shape == (2, 3)
