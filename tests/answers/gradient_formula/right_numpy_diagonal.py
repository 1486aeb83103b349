import torch

import numpy as np
def unit_jacobians(residual, x):
    j = torch.autograd.functional.jacobian(residual, x.clone())
    h = j.numpy() + np.eye(x.numel())
    with torch.no_grad():
        on = np.heaviside((x + residual(x.clone())).numpy(), 0.0)
    return [j, torch.from_numpy(h), torch.from_numpy(np.diag(on) @ h)]
