# fails: kernel_resample-1
import torch


def crop_kernel(weight, size):
    return tuple(weight.shape[:2]) + (size, size)


def resample_kernel(weight, size):
    k = weight.shape[-1]
    share = torch.zeros(size, k)
    for cell in range(size):
        for tap in range(k):
            begin, end = max(cell * k / size, tap), min((cell + 1) * k / size, tap + 1)
            share[cell, tap] = max(0.0, end - begin)
    return share @ weight @ share.T
