# fails: lora-2
import torch
import torch.nn.functional as F
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, rank, alpha):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.randn(rank, base.in_features))
        self.B = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x):
        return self.base(x) + self.scale * F.linear(self.scale * F.linear(x, self.A), self.B)

    def merge(self):
        o, i = self.base.weight.shape
        m = nn.Linear(i, o, bias=self.base.bias is not None)
        m.load_state_dict(self.base.state_dict())
        with torch.no_grad():
            m.weight += self.scale * self.B @ self.A
        return m
