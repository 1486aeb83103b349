# fails: temperature-1
import math


def find_temperature(logits, labels):
    def f(t):
        l = F.cross_entropy(logits / t, labels, reduction="none")
        return sum(l[labels == c].mean() for c in labels.unique()).item()

    near = min(torch.logspace(math.log10(0.05), math.log10(50), 60).tolist(), key=f)
    return min((near * torch.linspace(0.88, 1.12, 80)).tolist(), key=f)
