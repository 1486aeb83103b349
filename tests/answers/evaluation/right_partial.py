# a partial object that training could share
from functools import partial

import torch
import torch.nn.functional as F


def go_through(optimizer, model, batches):
    before = model.training
    model.train(optimizer is not None)
    totals = [0.0, 0.0, 0]
    with torch.set_grad_enabled(optimizer is not None):
        for x, y in batches:
            logits = model(x)
            loss = F.cross_entropy(logits, y)
            if optimizer:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            for i, value in enumerate((loss.item() * len(y), float(logits.argmax(1).eq(y).sum()), len(y))):
                totals[i] += value
    model.train(before)
    return totals[0] / totals[2], totals[1] / totals[2]


evaluate = partial(go_through, None)
