import torch


def labels_needed(curve, accuracy):
    n, y = (torch.tensor(column, dtype=torch.float64) for column in zip(*sorted(curve.items())))
    reached = (y >= accuracy).nonzero()
    if len(reached) == 0:
        return float("inf")
    i = int(reached[0])
    if i == 0:
        return n[0].item()
    return torch.lerp(n[i - 1].log(), n[i].log(), (accuracy - y[i - 1]) / (y[i] - y[i - 1])).exp().item()


def label_worth(better, plain, n):
    return labels_needed(plain, better[n]) / n
