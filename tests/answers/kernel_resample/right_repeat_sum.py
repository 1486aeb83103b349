def resample_kernel(weight, size):
    k = weight.shape[-1]
    up = weight.repeat_interleave(size, dim=2).repeat_interleave(size, dim=3) / size**2
    return up.unfold(2, k, k).unfold(3, k, k).sum((-1, -2))


def crop_kernel(weight, size):
    m = (weight.shape[-1] - size) // 2
    return torch.narrow_copy(torch.narrow_copy(weight, 2, m, size), 3, m, size)
