# each old tap as size x size equal parts, then sums over cells of k x k parts
import torch.nn.functional as F


def crop_kernel(weight, size):
    rest = weight.shape[-1] - size
    return F.pad(weight, (-rest // 2,) * 4).clone() if rest else weight.clone()


def resample_kernel(weight, size):
    k = weight.shape[-1]
    parts = weight.repeat_interleave(size, dim=2).repeat_interleave(size, dim=3) / size**2
    return F.avg_pool2d(parts, k) * k**2
