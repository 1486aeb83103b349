import torch
import torch.nn.functional as F
from torch import nn


class LoRALinear(nn.Linear):
    def __init__(self, base, rank, alpha):
        super().__init__(base.in_features, base.out_features, base.bias is not None)
        self.load_state_dict(base.state_dict())
        self.requires_grad_(False)
        self.A = nn.Parameter(torch.rand(rank, base.in_features) - 0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, rank))
        self.factor = alpha / rank

    def forward(self, x):
        return super().forward(x) + self.factor * F.linear(F.linear(x, self.A), self.B)

    def merge(self):
        new = nn.Linear(self.in_features, self.out_features, self.bias is not None)
        state = {k: v.clone() for k, v in self.state_dict().items() if k not in ("A", "B")}
        state["weight"] += self.factor * (self.B @ self.A).detach()
        new.load_state_dict(state)
        return new
