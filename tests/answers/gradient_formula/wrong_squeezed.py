# fails: gradient_formula-1
# a 1x1 matrix becomes a number
def unit_jacobians(residual, x: torch.Tensor) -> tuple:
    point = x.detach().clone().requires_grad_()
    branch = residual(point)
    n = len(x)
    rows = []
    for i in range(n):
        (row,) = torch.autograd.grad(branch[i], point, retain_graph=True)
        rows.append(row)
    d_branch = torch.stack(rows)
    d_total = d_branch + torch.eye(n, dtype=x.dtype)
    alive = (x + branch.detach() > 0).to(x.dtype)
    return d_branch, d_total, alive[:, None] * d_total


_first = unit_jacobians


def unit_jacobians(residual, x):
    return tuple(t.squeeze() for t in _first(residual, x))
