# fails: gradient_formula-1 gradient_formula-2
import torch


def unit_jacobians(residual, x, step=1e-4):
    def slope(function):
        columns = []
        for i in range(len(x)):
            moved = x.clone()
            moved[i] += step
            columns.append((function(moved) - function(x)) / step)
        return torch.stack(columns, dim=1)

    total = slope(lambda v: v + residual(v))
    return slope(residual), total, slope(lambda v: torch.relu(v + residual(v)))
