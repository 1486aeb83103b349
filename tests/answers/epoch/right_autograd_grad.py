# torch.autograd.grad, an iterator taken step by step
import torch
import torch.nn.functional as F


def train_one_epoch(model, batches, optimizer):
    model.train()
    optimizer.zero_grad()
    parameters = [p for group in optimizer.param_groups for p in group["params"] if p.requires_grad]
    logits_of_all, labels_of_all = [], []
    stream = iter(batches)
    while (batch := next(stream, None)) is not None:
        x, y = batch
        logits = model(x)
        for p, gradient in zip(parameters, torch.autograd.grad(F.cross_entropy(logits, y), parameters)):
            p.grad = gradient
        optimizer.step()
        logits_of_all.append(logits.detach())
        labels_of_all.append(y)
    logits, labels = torch.cat(logits_of_all), torch.cat(labels_of_all)
    return F.cross_entropy(logits, labels).item(), (logits.argmax(dim=1) == labels).float().mean().item()
