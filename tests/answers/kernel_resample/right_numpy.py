# numpy, along one axis after the other
import numpy as np
import torch


def crop_kernel(weight, size):
    margin = (weight.shape[2] - size) // 2
    end = weight.shape[2] - margin
    return torch.from_numpy(weight.numpy()[:, :, margin:end, margin:end].copy())


def resample_kernel(weight, size):
    k = weight.shape[-1]
    share = np.zeros((size, k))
    for part in range(k * size):  # 1/size of a tap
        share[part // k, part // size] += 1 / size
    return torch.from_numpy(np.einsum("im,oumn,jn->ouij", share, weight.numpy(), share)).float()
