"""Cut and resampled kernels."""

import pytest
import torch
import torch.nn.functional as F

from course_utils.errors import CourseError
from course_utils.models.stems import centre_crop, resample


def test_the_middle_is_the_middle():
    weight = torch.arange(121.0).view(1, 1, 11, 11)
    assert torch.equal(centre_crop(weight, 3), weight[..., 4:7, 4:7])
    assert torch.equal(centre_crop(weight, 11), weight)


@pytest.mark.parametrize("size", [4, 13])
def test_no_middle_is_refused(size):
    with pytest.raises(CourseError, match="no middle"):
        centre_crop(torch.zeros(1, 1, 11, 11), size)


@pytest.mark.parametrize("size", [1, 3, 5, 11])
def test_resampling_keeps_the_sum(size):
    weight = torch.randn(8, 3, 11, 11, dtype=torch.float64)
    new = resample(weight, size)
    assert new.shape == (8, 3, size, size)
    assert torch.allclose(new.sum(dim=(2, 3)), weight.sum(dim=(2, 3)))


def test_an_old_tap_on_a_border_is_divided():
    new = resample(torch.tensor([[[[1.0, 2.0, 4.0]] * 3]]), 2)
    assert torch.allclose(new, torch.tensor([[[[3.0, 7.5], [3.0, 7.5]]]]))


def test_whole_cells_are_sums():
    weight = torch.randn(2, 3, 9, 9)
    assert torch.allclose(resample(weight, 3), 9 * F.avg_pool2d(weight, 3), atol=1e-5)
    assert torch.allclose(resample(weight, 9), weight)
