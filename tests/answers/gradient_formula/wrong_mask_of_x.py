# fails: gradient_formula-2
import torch
from torch.autograd.functional import jacobian


def unit_jacobians(residual, x):
    d = jacobian(residual, x)
    one = torch.eye(len(x), dtype=x.dtype)
    total = d + one
    mask = (x > 0).to(x.dtype)
    return d, total, mask[:, None] * total
