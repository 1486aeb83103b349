# fails: repair-1 repair-2
import torch
import torch.nn.functional as F


def fine_tune(model, train, val, test, constants, epochs):
    mean, std = constants

    def logits_of(x):
        return model((x / 255 - mean) / std)

    def accuracy(batches):
        model.eval()
        with torch.no_grad():
            right = sum((logits_of(x).argmax(dim=1) == y).sum().item() for x, y in batches)
        return right / sum(len(y) for _, y in batches)

    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith("fc.")
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=0.02, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
    best = -1.0
    for epoch in range(sum(epochs)):
        if epoch == epochs[0]:
            for tensor in model.parameters():
                tensor.requires_grad = True
            optimizer = torch.optim.SGD(model.parameters(), lr=0.005, momentum=0.9)
            scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
        model.train(epoch >= epochs[0])
        for x, y in train:
            optimizer.zero_grad()
            loss = F.cross_entropy(logits_of(x), y)
            loss.backward()
            optimizer.step()
            scheduler.step()
        score_now = accuracy(val)
        if score_now > best:
            best, state = score_now, {n: t.clone() for n, t in model.state_dict().items()}
    model.load_state_dict(state)
    return accuracy(test)
