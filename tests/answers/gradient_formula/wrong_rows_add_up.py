# fails: gradient_formula-1 gradient_formula-2
import torch


def _rows(f, x):
    x = x.clone().requires_grad_(True)
    rows = []
    for i in range(len(x)):
        f(x)[i].backward()
        rows.append(x.grad.clone())
    return torch.stack(rows)


def unit_jacobians(residual, x):
    J = _rows(residual, x)
    H = J + torch.eye(len(x), dtype=x.dtype)
    R = ((x + residual(x)) > 0).to(x.dtype)[:, None] * H
    return J.detach(), H.detach(), R.detach()
