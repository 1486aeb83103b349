import torch

import numpy as np
def crop_kernel(weight, size):
    cut = (weight.size(2) - size) // 2
    return weight.narrow(2, cut, size).narrow(3, cut, size).contiguous() + 0
def resample_kernel(weight, size):
    def along(a, axis):
        a = np.moveaxis(a, axis, -1)
        k = a.shape[-1]
        c = np.concatenate([np.zeros_like(a[..., :1]), np.cumsum(a, -1)], -1)
        edges = np.linspace(0, k, size + 1)
        low = np.minimum(np.floor(edges + 1e-9).astype(int), k - 1)
        values = c[..., low] + (edges - low) * a[..., low]
        return np.moveaxis(np.diff(values, axis=-1), -1, axis)
    w = weight.detach().double().numpy()
    return torch.from_numpy(along(along(w, 2), 3)).to(weight.dtype)
