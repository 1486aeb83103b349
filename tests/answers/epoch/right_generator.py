# a generator of steps, numpy at the end
import numpy as np
import torch.nn.functional as F


def steps(model, batches, optimizer):
    for x, y in batches:
        optimizer.zero_grad(set_to_none=True)
        logits = model(x)
        loss = F.cross_entropy(logits, y)
        loss.backward()
        optimizer.step()
        yield loss.item(), (logits.detach().numpy().argmax(axis=1) == y.numpy()).mean(), len(y)


def train_one_epoch(model, batches, optimizer):
    model.train()
    losses, accuracies, sizes = np.array(list(steps(model, batches, optimizer))).T
    return float(np.average(losses, weights=sizes)), float(np.average(accuracies, weights=sizes))
