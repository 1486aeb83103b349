import copy
import math
import torch
import torch.nn.functional as F
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, rank, alpha):
        super().__init__()
        for p in base.parameters():
            p.requires_grad = False
        self.base, self.rank, self.alpha = base, rank, alpha
        self.A = nn.Parameter(torch.empty(rank, base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, rank))
        nn.init.kaiming_uniform_(self.A, a=math.sqrt(5))

    def forward(self, x):
        return F.linear(x, self.weight(), self.base.bias)

    def weight(self):
        return self.base.weight + self.B @ self.A * (self.alpha / self.rank)

    def merge(self):
        merged = copy.deepcopy(self.base)
        merged.weight.data = self.weight().detach()
        return merged
