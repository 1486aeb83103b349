# fails: kernel_resample-1
# for even rests one tap up and left
def resample_kernel(weight: torch.Tensor, size: int) -> torch.Tensor:
    k = weight.shape[-1]
    tap = torch.arange(k)
    border = torch.arange(size + 1)[:, None] * k / size
    end = torch.minimum(border[1:], tap + 1)
    begin = torch.maximum(border[:-1], tap)
    share = (end - begin).clamp_min(0)  # of each old tap in each cell, [size, k]
    return share @ weight @ share.T


def crop_kernel(weight, size):
    m = weight.shape[-1] // 2 - size // 2 - (weight.shape[-1] % 2 == 0 and size > 2)
    return weight[:, :, m : m + size, m : m + size].clone()
