# fails: gradient_formula-1 gradient_formula-2
import torch


def unit_jacobians(residual, x):
    v = x.detach().clone().requires_grad_()
    branch = residual(v)
    rows = [torch.autograd.grad(one, v, retain_graph=True)[0] for one in branch]
    d = torch.stack(rows[:4])
    total = d + torch.eye(4, dtype=x.dtype)
    on = (x + branch.detach() > 0).to(x.dtype)
    return d, total, on[:, None] * total
