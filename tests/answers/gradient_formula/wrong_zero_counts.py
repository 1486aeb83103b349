# fails: gradient_formula-2
from torch.autograd.functional import jacobian


def unit_jacobians(residual, x):
    branch = jacobian(residual, x)
    total = branch + torch.eye(len(x), dtype=x.dtype)
    alive = x + residual(x) >= 0
    return branch, total, total * alive[:, None]
