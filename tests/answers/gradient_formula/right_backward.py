import torch


def rows(function, x):
    matrix = []
    for i in range(len(x)):
        v = x.detach().clone().requires_grad_(True)
        function(v)[i].backward()
        matrix.append(v.grad)
    return torch.stack(matrix)


def unit_jacobians(residual, x):
    d = rows(residual, x)
    total = d.clone()
    total.fill_diagonal_(0)
    total += torch.diag(d.diagonal() + 1)
    with torch.no_grad():
        off = x + residual(x) <= 0
    behind = total.clone()
    behind[off] = 0
    return d, total, behind
