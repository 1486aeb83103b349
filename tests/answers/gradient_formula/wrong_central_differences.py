# fails: gradient_formula-1
import torch


def unit_jacobians(residual, x):
    h = 1e-5
    with torch.no_grad():
        steps = h * torch.eye(len(x), dtype=x.dtype)
        columns = [(residual(x + step) - residual(x - step)) / (2 * h) for step in steps]
        d = torch.stack(columns, dim=1)
        total = d + torch.eye(len(x), dtype=x.dtype)
        return d, total, (x + residual(x) > 0)[:, None] * total
