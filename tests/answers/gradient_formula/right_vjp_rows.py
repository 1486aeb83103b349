def unit_jacobians(residual, x):
    out, vjp = torch.func.vjp(residual, x)
    rows = [vjp(row)[0] for row in torch.eye(len(x), dtype=x.dtype)]
    J = torch.stack(rows).detach()
    H = torch.eye(len(x)).to(J) + J
    return J, H, torch.where((x + out.detach()).gt(0).unsqueeze(1), H, 0.0)
