# fails: repair-2 repair-3
import torch
import torch.nn.functional as F

import copy
def _measure(model, batches, constants):
    mean, std = constants
    model.eval()
    right = seen = 0
    with torch.no_grad():
        for x, y in batches:
            right += (model((x.float() / 255 - mean) / std).argmax(1) == y).sum().item()
            seen += len(y)
    return right / seen

def fine_tune(model, train, val, test, constants, epochs):
    mean, std = constants
    best, state = -1.0, None
    for phase, count in enumerate(epochs if epochs[0] else (1, epochs[1])):
        if phase == 0:
            model.requires_grad_(False)
            model.fc.requires_grad_(True)
            optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.02, momentum=0.9)
        else:
            model.requires_grad_(True)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.005, momentum=0.9)
        for _ in range(count):
            if phase == 0:
                model.eval()
                model.fc.train()
            else:
                model.train()
            for x, y in train:
                optimizer.zero_grad()
                F.cross_entropy(model((x.float() / 255 - mean) / std), y).backward()
                optimizer.step()
            for g in optimizer.param_groups:
                g["lr"] *= 0.9
            accuracy = _measure(model, val, constants)
            if accuracy > best:
                best, state = accuracy, copy.deepcopy(model.state_dict())
    if state is not None:
        model.load_state_dict(state)
    return _measure(model, test, constants)
