# fails: repair-3
import copy

import torch
import torch.nn.functional as F
from torch import nn


def fine_tune(model: nn.Module, train: list, val: list, test: list, constants: tuple, epochs: tuple) -> float:
    mean, deviation = constants

    def logits_of(x):
        return model((x / 255 - mean) / deviation)

    def accuracy_on(batches):
        model.eval()
        with torch.no_grad():
            right = sum((logits_of(x).argmax(dim=1) == y).sum().item() for x, y in batches)
        return right / sum(len(y) for _, y in batches)

    best, state = -1.0, None
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith("fc.")
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.02, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.9**epoch)
    for epoch in range(sum(epochs)):
        if epoch == epochs[0]:
            for parameter in model.parameters():
                parameter.requires_grad = True
            optimizer = torch.optim.SGD(model.parameters(), lr=0.005, momentum=0.9)
            scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.9**epoch)
        if epoch < epochs[0]:
            model.eval()
            model.fc.train()
        else:
            model.train()
        for x, y in train:
            optimizer.zero_grad()
            loss = F.cross_entropy(logits_of(x), y)
            loss.backward()
            optimizer.step()
        scheduler.step()
        score_now = accuracy_on(val)
        if score_now > best:
            best, state = score_now, copy.deepcopy(model.state_dict())
            on_test = accuracy_on(test)
    model.load_state_dict(state)
    return on_test
