import numpy as np


def untouched_parameters(model, images, labels):
    for p in model.parameters():
        p.grad = None
    nn.CrossEntropyLoss(reduction="mean")(model(images), labels).backward()
    flat = [np.zeros(p.numel()) if p.grad is None else p.grad.numpy().ravel() for p in model.parameters()]
    return int((np.concatenate(flat) == 0).sum())
