# fails: kernel_resample-2
import torch.nn.functional as F


def crop_kernel(weight, size):
    first = (weight.shape[-1] - size) // 2
    return weight[:, :, first : first + size, first : first + size].clone()


def resample_kernel(weight, size):
    small = F.interpolate(weight, (size, size), mode="area") * (weight.shape[-1] / size) ** 2
    missing = weight.sum((2, 3), keepdim=True) - small.sum((2, 3), keepdim=True)
    return small + missing / size**2
