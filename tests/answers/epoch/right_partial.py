# a partial object, tensors added up
from functools import partial

import torch
import torch.nn.functional as F


def go_through(loss_function, model, batches, optimizer):
    model.train()
    totals = torch.zeros(3, dtype=torch.float64)
    for x, y in batches:
        logits = model(x)
        loss = loss_function(logits, y)
        model.zero_grad()
        loss.backward()
        optimizer.step()
        totals += torch.stack([loss.detach().double() * len(y), (logits.argmax(1) == y).sum(), torch.tensor(len(y))])
    loss, right, n = totals.tolist()
    return [loss / n, right / n]


train_one_epoch = partial(go_through, F.cross_entropy)
