# fails: epoch-2
import torch.nn.functional as F
from torch import nn


def train_one_epoch(model: nn.Module, batches, optimizer) -> tuple[float, float]:
    if not model.training:
        model.train()
        for module in model.modules():
            parameters = list(module.parameters())
            if parameters and not any(p.requires_grad for p in parameters):
                module.eval()

    loss_sum, right, n_images = 0.0, 0, 0
    for x, y in batches:
        optimizer.zero_grad()
        logits = model(x)
        loss = F.cross_entropy(logits, y)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(y)
        right += (logits.argmax(dim=1) == y).sum().item()
        n_images += len(y)
    return loss_sum / n_images, right / n_images
