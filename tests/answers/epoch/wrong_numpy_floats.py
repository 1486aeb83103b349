# fails: epoch-1
import numpy as np
import torch.nn.functional as F


def train_one_epoch(model, batches, optimizer):
    model.train()
    losses, hits, sizes = [], [], []
    for x, y in batches:
        logits = model(x)
        loss = F.cross_entropy(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        hits.append((logits.argmax(dim=1) == y).float().mean().item())
        sizes.append(len(y))
    return np.average(losses, weights=sizes), np.average(hits, weights=sizes)
