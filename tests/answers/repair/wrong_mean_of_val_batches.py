# fails: repair-3
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

    def val_score():
        model.eval()
        with torch.no_grad():
            scores = [(logits_of(x).argmax(dim=1) == y).double().mean().item() for x, y in val]
        return sum(scores) / len(scores)

    best, state = -1.0, copy.deepcopy(model.state_dict())
    for phase, lr in enumerate((0.02, 0.005)):
        model.requires_grad_(phase == 1)
        model.fc.requires_grad_(True)
        optimizer, scheduler = sgd((model.fc if phase == 0 else model).parameters(), lr)
        for _ in range(epochs[phase]):
            if phase == 0:
                model.eval()
                model.fc.train()
            else:
                model.train()
            train_epoch(optimizer)
            scheduler.step()
            reached = val_score()
            if reached > best:
                best, state = reached, copy.deepcopy(model.state_dict())
    model.load_state_dict(state)
    return accuracy_on(test)
