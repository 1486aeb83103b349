# fails: repair-2
import copy


def fine_tune(model: nn.Module, train: list, val: list, test: list, constants: tuple, epochs: tuple) -> float:
    """Freeze, train the head, unfreeze, train everything; keep the best epoch; return its accuracy on test."""
    mean, std = constants

    def logits_of(x):
        return model((x / 255 - mean) / std)

    def accuracy_on(batches):
        model.eval()
        with torch.no_grad():
            right = sum((logits_of(x).argmax(dim=1) == y).sum().item() for x, y in batches)
        return right / sum(len(y) for _, y in batches)

    def train_epoch(optimizer):
        for x, y in train:
            optimizer.zero_grad()
            F.cross_entropy(logits_of(x), y).backward()
            optimizer.step()

    def sgd(parameters, lr):
        optimizer = torch.optim.SGD(parameters, lr=lr, momentum=0.9)
        return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.9**epoch)

    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    optimizer, scheduler = sgd(model.fc.parameters(), 0.02)
    frozen = True
    best, state = -1.0, copy.deepcopy(model.state_dict())
    for epoch in range(1, sum(epochs) + 1):
        if frozen:
            model.eval()
            model.fc.train()
        else:
            model.train()
        train_epoch(optimizer)
        scheduler.step()
        reached = accuracy_on(val)
        if reached > best:
            best, state = reached, copy.deepcopy(model.state_dict())
        if epoch == epochs[0]:
            frozen = False
            model.requires_grad_(True)
            optimizer, scheduler = sgd(model.parameters(), 0.005)
    model.load_state_dict(state)
    return accuracy_on(test)
