# one fine grid
import torch
import torch.nn.functional as F


def find_temperature(logits, labels):
    best, lowest = 1.0, float("inf")
    for log_t in torch.linspace(-3.2, 4.2, 1000).tolist():
        t = torch.tensor(log_t).exp().item()
        loss = F.cross_entropy(logits / t, labels).item()
        if loss < lowest:
            best, lowest = t, loss
    return best
