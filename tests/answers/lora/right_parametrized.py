class LoRALinear(nn.Module):
    def __init__(self, base, rank, alpha):
        super().__init__()
        base.weight.requires_grad = False
        if base.bias is not None:
            base.bias.requires_grad = False
        self.base, self.rank, self.alpha = base, rank, alpha
        self.A = nn.Parameter(torch.empty(rank, base.in_features).uniform_(-1, 1))
        self.B = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x):
        update = torch.einsum("...i,ri,or->...o", x, self.A, self.B)
        return self.base(x).add(update, alpha=self.alpha / self.rank)

    @torch.no_grad()
    def merge(self):
        new = nn.Linear(self.base.in_features, self.base.out_features, self.base.bias is not None)
        new.weight.copy_(self.base.weight + self.alpha / self.rank * self.B @ self.A)
        if new.bias is not None:
            new.bias.copy_(self.base.bias)
        return new
