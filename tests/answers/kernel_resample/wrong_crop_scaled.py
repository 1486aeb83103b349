# fails: kernel_resample-1
import torch


def crop_kernel(weight, size):
    first = (weight.shape[-1] - size) // 2
    middle = weight[:, :, first : first + size, first : first + size]
    return middle * weight.abs().sum() / middle.abs().sum()


def resample_kernel(weight, size):
    k = weight.shape[-1]
    tap, border = torch.arange(k), torch.arange(size + 1)[:, None] * k / size
    share = (torch.minimum(border[1:], tap + 1) - torch.maximum(border[:-1], tap)).clamp_min(0)
    return share @ weight @ share.T
