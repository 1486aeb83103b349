# fails: kernel_resample-2
def crop_kernel(weight: torch.Tensor, size: int) -> torch.Tensor:
    """The middle `[out, in, size, size]` of kernels `[out, in, k, k]`, a copy; `k - size` is even."""
    start = (weight.shape[-1] - size) // 2
    return weight[:, :, start : start + size, start : start + size].clone()


def resample_kernel(weight: torch.Tensor, size: int) -> torch.Tensor:
    """Kernels `[out, in, size, size]` of which each tap is the sum of what lies in its cell; `size <= k`."""
    k = weight.shape[-1]
    step, borders = k / size, [0.0]
    while borders[-1] < k:
        borders.append(borders[-1] + step)
    share = torch.tensor(
        [[max(0.0, min(end, j + 1) - max(start, j)) for j in range(k)] for start, end in zip(borders, borders[1:])],
        dtype=weight.dtype, device=weight.device,
    )
    return share @ weight @ share.T
