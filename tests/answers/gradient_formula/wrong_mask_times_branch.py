# fails: gradient_formula-2
import torch


def unit_jacobians(residual, x):
    J = torch.autograd.functional.jacobian(residual, x)
    H = J + torch.eye(len(x), dtype=x.dtype)
    R = ((x + residual(x)) > 0).to(x.dtype)[:, None] * J
    return J.detach(), H.detach(), R.detach()
