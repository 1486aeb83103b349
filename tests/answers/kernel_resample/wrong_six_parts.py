# fails: kernel_resample-2
import torch


def crop_kernel(weight, size):
    first = (weight.shape[-1] - size) // 2
    return weight[:, :, first : first + size, first : first + size].clone()


def resample_kernel(weight, size):
    k, parts = weight.shape[-1], 6
    share = torch.zeros(size, k)
    for part in range(parts * k):
        share[int((part + 0.5) * size / (parts * k)), part // parts] += 1 / parts
    return share @ weight @ share.T
