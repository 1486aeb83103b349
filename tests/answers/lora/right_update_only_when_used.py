import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base: nn.Linear, rank: int, alpha: float):
        super().__init__()
        for parameter in base.parameters():
            parameter.requires_grad_(False)
        self.add_module("linear", base)
        self.register_parameter("A", nn.Parameter(nn.init.orthogonal_(torch.empty(rank, base.in_features))))
        self.register_parameter("B", nn.Parameter(torch.zeros(base.out_features, rank)))
        self.rank, self.alpha = rank, alpha

    @property
    def update(self):
        return (self.B @ self.A) * (self.alpha / self.rank)

    def forward(self, x):
        return self.linear(x) + nn.functional.linear(x, self.update)

    @torch.no_grad()
    def merge(self):
        new = nn.Linear(self.linear.in_features, self.linear.out_features, self.linear.bias is not None)
        new.weight.copy_(self.linear.weight + self.update)
        if new.bias is not None:
            new.bias.copy_(self.linear.bias)
        return new
