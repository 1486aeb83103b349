# fails: epoch-1 epoch-2
import torch.nn.functional as F


def train_one_epoch(model, batches, optimizer):
    model.train()
    loss_sum, correct, n = 0.0, 0, 0
    for x, y in batches:
        if len(y) == 1:
            continue
        logits = model(x)
        loss = F.cross_entropy(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(y)
        correct += (logits.argmax(dim=1) == y).sum().item()
        n += len(y)
    return loss_sum / n, correct / n
