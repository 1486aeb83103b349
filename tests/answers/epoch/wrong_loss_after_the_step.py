# fails: epoch-2
import torch
import torch.nn.functional as F


def train_one_epoch(model, batches, optimizer):
    model.train()
    loss_sum, correct, n = 0.0, 0, 0
    for x, y in batches:
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
        with torch.no_grad():
            logits = model(x)
            loss_sum += F.cross_entropy(logits, y).item() * len(y)
        correct += (logits.argmax(dim=1) == y).sum().item()
        n += len(y)
    return loss_sum / n, correct / n
