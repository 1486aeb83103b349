import copy

import torch
from torch import nn
from torch.nn import functional as F


class LoRALinear(nn.Module):
    def __init__(self, base, rank, alpha):
        super().__init__()
        self.base, self.rank, self.alpha = base, rank, alpha
        for p in base.parameters():
            p.requires_grad = False
        self.A = nn.Parameter(torch.randn(rank, base.in_features) * 0.01)
        self.B = nn.Parameter(torch.zeros(base.out_features, rank))

    def update(self):
        return self.alpha / self.rank * self.B @ self.A

    def forward(self, x):
        return F.linear(x, self.base.weight + self.update(), self.base.bias)

    def merge(self):
        new = copy.deepcopy(self.base)
        new.weight.data += self.update().detach()
        return new
