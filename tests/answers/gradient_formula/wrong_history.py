# fails: gradient_formula-2
import torch
from torch.autograd.functional import jacobian


def unit_jacobians(residual, x):
    point = x.clone().requires_grad_()
    d = jacobian(residual, point, create_graph=True)
    total = jacobian(lambda v: v + residual(v), point, create_graph=True)
    return d, total, jacobian(lambda v: torch.relu(v + residual(v)), point, create_graph=True)
