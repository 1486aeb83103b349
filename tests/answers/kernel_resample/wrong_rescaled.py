# fails: kernel_resample-2
import torch.nn.functional as F


def crop_kernel(weight, size):
    first = (weight.shape[-1] - size) // 2
    return weight[:, :, first : first + size, first : first + size].clone()


def resample_kernel(weight, size):
    small = F.interpolate(weight, (size, size), mode="area")
    return small * (weight.sum((2, 3)) / small.sum((2, 3)))[..., None, None]
