# fails: temperature-1 temperature-2
import torch
import torch.nn.functional as F


def find_temperature(logits: torch.Tensor, labels: torch.Tensor) -> float:
    best_t, best_loss = 1.0, float("inf")
    for t in torch.linspace(0.05, 50, 500).tolist():
        loss = F.cross_entropy(logits.double() / t, labels).item()
        if loss < best_loss:
            best_t, best_loss = t, loss
    return best_t
