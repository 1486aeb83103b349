# fails: gradient_formula-1
import torch


def unit_jacobians(residual, x):
    x.requires_grad_()
    y = residual(x)
    d = torch.stack([torch.autograd.grad(y[i], x, retain_graph=True)[0] for i in range(len(x))])
    total = d + torch.eye(len(x), dtype=x.dtype)
    mask = (x + y > 0).to(x.dtype).detach()
    return d, total, mask[:, None] * total
