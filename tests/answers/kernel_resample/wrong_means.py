# fails: kernel_resample-2
import torch.nn.functional as F


def crop_kernel(weight, size):
    first = (weight.shape[-1] - size) // 2
    return weight[:, :, first : first + size, first : first + size].clone()


def resample_kernel(weight, size):
    k = weight.shape[-1]
    parts = weight.repeat_interleave(size, dim=2).repeat_interleave(size, dim=3)
    return F.avg_pool2d(parts, k)
