import torch
from torch import nn


class LoRALinear(nn.Module):
    def __init__(self, base, rank, alpha):
        super().__init__()
        self.add_module("frozen", base)
        base.weight.requires_grad = False
        if base.bias is not None:
            base.bias.requires_grad = False
        self.register_parameter("A", nn.Parameter(torch.rand(rank, base.in_features) - 0.5))
        self.register_parameter("B", nn.Parameter(torch.zeros(base.out_features, rank)))
        self.factor = alpha / rank

    def forward(self, x):
        update = torch.einsum("...i,ri,or->...o", x, self.A, self.B)
        return self.frozen(x).add(update, alpha=self.factor)

    @torch.no_grad()
    def merge(self):
        out, into = self.frozen.weight.shape
        layer = nn.Linear(into, out, bias=self.frozen.bias is not None)
        layer.load_state_dict(self.frozen.state_dict())
        layer.weight.add_(torch.einsum("ri,or->oi", self.A, self.B), alpha=self.factor)
        return layer
