# fails: gradient_formula-1
import torch
from torch.autograd.functional import jacobian


def unit_jacobians(residual, x: torch.Tensor) -> tuple:
    d_f = jacobian(residual, x)
    d_h = d_f + torch.eye(len(x), dtype=x.dtype, device=x.device)
    h = (x + residual(x)).detach()
    d_r = d_h
    d_r[h <= 0] = 0
    return d_f, d_h, d_r
