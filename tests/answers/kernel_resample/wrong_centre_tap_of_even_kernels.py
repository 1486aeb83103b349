# fails: kernel_resample-1
import torch


def crop_kernel(weight: torch.Tensor, size: int) -> torch.Tensor:
    centre, half = weight.shape[-1] // 2, size // 2
    return weight[:, :, centre - half : centre + half + 1, centre - half : centre + half + 1].clone()


def resample_kernel(weight: torch.Tensor, size: int) -> torch.Tensor:
    k = weight.shape[-1]
    share = torch.zeros(size, k, dtype=weight.dtype, device=weight.device)
    for cell in range(size):
        low, high = cell * k / size, (cell + 1) * k / size
        for tap in range(k):
            share[cell, tap] = max(0.0, min(high, tap + 1) - max(low, tap))
    return share @ weight @ share.T
