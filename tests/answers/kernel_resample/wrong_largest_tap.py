# fails: kernel_resample-2
import torch.nn.functional as F


def crop_kernel(weight, size):
    first = (weight.shape[-1] - size) // 2
    return weight[:, :, first : first + size, first : first + size].clone()


def resample_kernel(weight, size):
    return F.adaptive_max_pool2d(weight, size)
