# an optimizer to clear gradients, one long vector, numpy
import numpy as np
import torch


def untouched_parameters(model, images, labels):
    torch.optim.SGD(model.parameters(), lr=0.1).zero_grad(set_to_none=True)
    log_probabilities = model(images).log_softmax(dim=1)
    loss = -log_probabilities[torch.arange(len(labels)), labels].mean()
    loss.backward()
    flat = []
    for p in model.parameters():
        flat.append(np.zeros(p.numel()) if p.grad is None else p.grad.flatten().numpy())
    return int(np.sum(np.concatenate(flat) == 0))
