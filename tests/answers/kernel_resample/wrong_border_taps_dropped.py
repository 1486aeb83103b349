# fails: kernel_resample-2
import torch


def crop_kernel(weight, size):
    o = (weight.shape[-1] - size) // 2
    return weight[:, :, o : o + size, o : o + size].clone()


def resample_kernel(weight, size):
    k = weight.shape[-1]
    m = torch.zeros(size, k, dtype=weight.dtype)
    for i in range(size):
        for j in range(k):
            lo, hi = max(i * k / size, j), min((i + 1) * k / size, j + 1)
            m[i, j] = float(hi - lo > 0.999)
    return m @ weight @ m.T
