# fails: epoch-1
import torch.nn.functional as F


def train_one_epoch(model, batches, optimizer):
    model.train()
    average, correct, n = None, 0, 0
    for x, y in batches:
        logits = model(x)
        loss = F.cross_entropy(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        average = loss.item() if average is None else 0.9 * average + 0.1 * loss.item()
        correct += (logits.argmax(dim=1) == y).sum().item()
        n += len(y)
    return average, correct / n
