# fails: temperature-1
import math


def find_temperature(logits, labels):
    def f(t):
        l = F.cross_entropy(logits / t, labels, reduction="none")
        return sum(l[labels == c].mean() for c in labels.unique()).item()

    grid = torch.logspace(math.log10(0.05), math.log10(50), 1500).tolist()
    i = min(range(0, 1500, 25), key=lambda i: f(grid[i]))
    return min(grid[max(0, i - 25) : i + 26], key=f)
