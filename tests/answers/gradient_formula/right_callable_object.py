# an object; matrices by numpy
import numpy as np
import torch
from torch.autograd.functional import jacobian


class Jacobians:
    def __call__(self, residual, x):
        d = jacobian(residual, x.clone()).numpy()
        total = d + np.identity(len(x))
        on = np.heaviside(self.sum(residual, x), 0)
        return [torch.from_numpy(m.copy()) for m in (d, total, np.diag(on) @ total)]

    @staticmethod
    @torch.no_grad()
    def sum(residual, x):
        return (x + residual(x)).numpy()


unit_jacobians = Jacobians()
