# fails: repair-2
# gradients are clipped to a norm of 1
import torch
import torch.nn.functional as F


def fine_tune(model, train, val, test, constants, epochs):
    mean, std = constants
    best, kept = -1.0, None

    def answers(x):
        return model((x / 255 - mean) / std)

    def accuracy_on(batches):
        model.eval()
        with torch.no_grad():
            right = sum((answers(x).argmax(dim=1) == y).sum().item() for x, y in batches)
        return right / sum(len(y) for _, y in batches)

    for frozen, n_epochs, lr in ((True, epochs[0], 0.02), (False, epochs[1], 0.005)):
        model.requires_grad_(not frozen)
        model.fc.requires_grad_(True)
        trained = model.fc if frozen else model
        optimizer = torch.optim.SGD(trained.parameters(), lr=lr, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
        for _ in range(n_epochs):
            model.train(not frozen)
            for x, y in train:
                optimizer.zero_grad()
                F.cross_entropy(answers(x), y).backward()
                torch.nn.utils.clip_grad_norm_(trained.parameters(), 1.0)
                optimizer.step()
            scheduler.step()
            score = accuracy_on(val)
            if score > best:
                best, kept = score, {name: t.clone() for name, t in model.state_dict().items()}
    model.load_state_dict(kept)
    return accuracy_on(test)
