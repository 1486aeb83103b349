# fails: gradient_formula-2
def unit_jacobians(residual, x: torch.Tensor) -> tuple:
    """Jacobians [n, n] of F, of x + F(x) and of relu(x + F(x)) at x: row = output, column = input."""

    at = x.detach().clone()
    d_f = torch.autograd.functional.jacobian(residual, at)
    d_h = torch.eye(len(x), dtype=x.dtype) + d_f
    with torch.no_grad():
        h = at + residual(at)
    mask = (h > 1e-6).to(x.dtype)
    return d_f, d_h, mask[:, None] * d_h
