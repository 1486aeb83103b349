# fails: kernel_resample-1
import torch


def crop_kernel(weight, size):
    margin = (weight.shape[-1] - size) // 2
    return weight[:, :, margin:-margin, margin:-margin].clone()


def resample_kernel(weight, size):
    k = weight.shape[-1]
    tap, border = torch.arange(k), torch.arange(size + 1)[:, None] * k / size
    share = (torch.minimum(border[1:], tap + 1) - torch.maximum(border[:-1], tap)).clamp_min(0)
    return share @ weight @ share.T
