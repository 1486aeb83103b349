# fails: lora-1 lora-2
import copy

import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, rank, alpha):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.randn(rank, base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x):
        return self.scale * (self.base(x) + x @ self.A.T @ self.B.T)

    def merge(self):
        new = copy.deepcopy(self.base)
        new.weight.data += self.scale * self.B.data @ self.A.data
        return new
