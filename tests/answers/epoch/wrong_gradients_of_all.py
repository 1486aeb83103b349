# fails: epoch-2
import torch.nn.functional as F


def train_one_epoch(model, batches, optimizer):
    model.train()
    total = right = n = 0
    optimizer.zero_grad()
    for x, y in batches:
        out = model(x)
        loss = F.cross_entropy(out, y)
        loss.backward()
        total += loss.item() * len(y)
        right += (out.argmax(1) == y).sum().item()
        n += len(y)
    optimizer.step()
    return total / n, right / n
