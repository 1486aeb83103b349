# fails: evaluation-2
import torch
import torch.nn.functional as F
from torch import nn


def evaluate(model: nn.Module, batches) -> tuple[float, float]:
    was_training = all(module.training for module in model.modules())
    model.eval()
    loss_sum, right, n_images = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            loss_sum += F.cross_entropy(logits, y, reduction="sum").item()
            right += (logits.argmax(dim=1) == y).sum().item()
            n_images += len(y)
    model.train(was_training)
    return loss_sum / n_images, right / n_images
