# fails: kernel_resample-2
import torch


def crop_kernel(weight, size):
    first = (weight.shape[-1] - size) // 2
    return weight[:, :, first : first + size, first : first + size].clone()


def resample_kernel(weight, size):
    k = weight.shape[-1]
    cell = ((torch.arange(k) + 0.5) * size / k).long()
    rows = torch.zeros(*weight.shape[:2], size, k).index_add(2, cell, weight)
    return torch.zeros(*weight.shape[:2], size, size).index_add(3, cell, rows)
