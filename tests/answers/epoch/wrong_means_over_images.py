# fails: epoch-1
import torch.nn.functional as F


def train_one_epoch(model, batches, optimizer):
    model.train()
    s, c, n = 0.0, 0, 0
    for x, y in batches:
        z = model(x)
        l = F.cross_entropy(z, y)
        optimizer.zero_grad()
        l.backward()
        optimizer.step()
        s += l.item()
        c += (z.argmax(1) == y).sum().item()
        n += len(y)
    return s / n, c / n
