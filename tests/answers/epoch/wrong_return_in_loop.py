# fails: epoch-1 epoch-2
import torch.nn.functional as F


def train_one_epoch(model, batches, optimizer):
    model.train()
    total = right = n = 0
    for x, y in batches:
        optimizer.zero_grad()
        out = model(x)
        loss = F.cross_entropy(out, y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(y)
        right += (out.argmax(1) == y).sum().item()
        n += len(y)
        return total / n, right / n
