# fails: lora-2
class LoRALinear(nn.Module):
    """A frozen linear layer with a trainable update of low rank."""

    def __init__(self, base: nn.Linear, rank: int, alpha: float):
        super().__init__()
        self.base = base.requires_grad_(False)
        self.A = nn.Parameter(torch.randn(rank, base.in_features) / rank)
        self.B = nn.Parameter(torch.zeros(base.out_features, rank))
        self.scale = alpha / rank

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map float [..., in] to [..., out]."""
        column = x.unsqueeze(-1)
        update = self.B @ (self.A @ column)
        return self.base(x) + self.scale * update.squeeze()

    def merge(self) -> nn.Linear:
        """A new nn.Linear that gives the same output."""
        base = self.base
        merged = nn.Linear(base.in_features, base.out_features, bias=base.bias is not None)
        with torch.no_grad():
            merged.weight.copy_(base.weight + self.scale * (self.B @ self.A))
            if base.bias is not None:
                merged.bias.copy_(base.bias)
        return merged
