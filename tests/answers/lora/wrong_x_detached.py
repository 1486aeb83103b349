# fails: lora-2
# no gradient passes through the update to x
class LoRALinear(nn.Module):
    def __init__(self, base: nn.Linear, rank: int, alpha: float):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.scale = alpha / rank
        self.A = nn.Parameter(torch.empty(rank, base.in_features))
        nn.init.kaiming_uniform_(self.A, a=5**0.5)
        self.B = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.base(x) + self.scale * F.linear(F.linear(x, self.A), self.B)

    def merge(self) -> nn.Linear:
        out, into = self.base.weight.shape
        merged = nn.Linear(into, out, bias=self.base.bias is not None)
        merged.load_state_dict(self.base.state_dict())
        with torch.no_grad():
            merged.weight += self.scale * self.B @ self.A
        return merged


_Old = LoRALinear


class LoRALinear(_Old):
    def forward(self, x):
        return self.base(x) + self.scale * F.linear(F.linear(x.detach(), self.A), self.B)
