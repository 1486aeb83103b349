# fails: epoch-2
import torch
import torch.nn.functional as F


def train_one_epoch(model, batches, optimizer):
    loss_sum, correct, n = 0.0, 0, 0
    for x, y in batches:
        model.train()
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        model.eval()
        with torch.no_grad():
            correct += (model(x).argmax(dim=1) == y).sum().item()
        loss_sum += loss.item() * len(y)
        n += len(y)
    return loss_sum / n, correct / n
