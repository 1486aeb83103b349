# fails: evaluation-1
import torch
from torch import nn


def evaluate(model: nn.Module, batches) -> tuple[float, float]:
    was_training = model.training
    model.eval()
    loss_sum, right, n_images = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            probability = logits.softmax(dim=1)[torch.arange(len(y), device=y.device), y]
            loss_sum += -probability.log().sum().item()
            right += (logits.argmax(dim=1) == y).sum().item()
            n_images += len(y)
    model.train(was_training)
    return loss_sum / n_images, right / n_images
