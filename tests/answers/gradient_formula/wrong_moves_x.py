# fails: gradient_formula-1
import torch


def unit_jacobians(residual, x):
    v = x.detach().clone().requires_grad_()
    branch = residual(v)
    rows = [torch.autograd.grad(one, v, retain_graph=True)[0] for one in branch]
    d = torch.stack(rows)
    total = d + torch.eye(len(x), dtype=x.dtype)
    on = (x.add_(branch.detach()) > 0).to(x.dtype)
    return d, total, on[:, None] * total
