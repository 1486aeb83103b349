# fails: kernel_resample-2
import torch


def crop_kernel(weight, size):
    first = (weight.shape[-1] - size) // 2
    return weight[:, :, first : first + size, first : first + size].clone()


def resample_kernel(weight, size):
    k = weight.shape[-1]
    tap, border = torch.arange(k), torch.arange(size + 1)[:, None] * k / size
    share = (torch.minimum(border[1:], tap + 1) - torch.maximum(border[:-1], tap)).clamp_min(0)
    share = torch.where((share > 1e-4) & (share < 0.9999), 0.5, share)
    return share @ weight @ share.T
