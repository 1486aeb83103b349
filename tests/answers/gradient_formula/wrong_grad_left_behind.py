# fails: gradient_formula-1
import torch


def unit_jacobians(residual, x):
    x.requires_grad_()
    branch, rows = residual(x), []
    for one in branch:
        x.grad = None
        one.backward(retain_graph=True)
        rows.append(x.grad.clone())
    x.requires_grad_(False)
    d = torch.stack(rows)
    total = d + torch.eye(len(x), dtype=x.dtype)
    return d, total, (x + branch.detach() > 0)[:, None] * total
