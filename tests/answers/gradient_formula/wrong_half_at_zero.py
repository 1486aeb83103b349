# fails: gradient_formula-2
def unit_jacobians(residual, x: torch.Tensor) -> tuple:
    """Jacobians [n, n] of F, of x + F(x) and of relu(x + F(x)) at x: row = output, column = input."""
    jacobian = torch.autograd.functional.jacobian
    at = x.detach().clone()

    def passed_on(z):
        h = z + residual(z)
        return (h + h.abs()) / 2

    return jacobian(residual, at), jacobian(lambda z: z + residual(z), at), jacobian(passed_on, at)
