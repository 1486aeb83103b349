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

    best, state = -1.0, None
    for phase, (n_epochs, lr) in enumerate(zip(epochs, (0.02, 0.005))):
        for name, p in model.named_parameters():
            p.requires_grad = phase == 1 or name.startswith("fc.")
        trained = [p for p in model.parameters() if p.requires_grad]
        optimizer = torch.optim.SGD(trained, lr=lr, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.9**epoch)
        for _ in range(n_epochs):
            model.train(phase == 1)
            for x, y in train:
                loss = F.cross_entropy(logits_of(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            scheduler.step()
            score = accuracy(val)
            with torch.no_grad():
                losses = [F.cross_entropy(logits_of(x), y, reduction="sum") for x, y in val]
            print(f"val {score:.3f}, loss {sum(losses) / sum(len(y) for _, y in val):.3f}")
            if score > best:
                best = score
                state = {name: t.clone() for name, t in model.state_dict().items()}
    model.load_state_dict(state)
    return accuracy(test)
