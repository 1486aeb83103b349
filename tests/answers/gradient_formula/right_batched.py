# all rows in one backward pass
import torch


def unit_jacobians(residual, x):
    v = x.detach().clone().requires_grad_(True)
    one = torch.eye(len(v)).to(v)
    branch = residual(v)
    (d,) = torch.autograd.grad(branch, v, one, is_grads_batched=True)
    unit = (d + one).detach()
    return d.detach(), unit, unit.masked_fill((v + branch <= 0)[:, None], 0)
