# fails: kernel_resample-2
import torch


def crop_kernel(weight, size):
    first = (weight.shape[-1] - size) // 2
    return weight[:, :, first : first + size, first : first + size].clone()


def resample_kernel(weight, size):
    k = weight.shape[-1]
    border = torch.arange(size + 1)[:, None] * k / size
    tap = torch.arange(k)
    share = torch.minimum(border[1:], tap + 1) - torch.maximum(border[:-1], tap)
    share = share.clamp_min(0)
    small = share @ weight @ share.T
    weight[..., :size, :size] = small
    return small
