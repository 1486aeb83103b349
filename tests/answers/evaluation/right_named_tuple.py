from collections import namedtuple

Epoch = namedtuple("Epoch", "loss accuracy")


def evaluate(model, batches):
    was = model.training
    model.eval()
    total = right = n = 0
    with torch.no_grad():
        for x, y in batches:
            out = model(x)
            total += F.cross_entropy(out, y, reduction="sum").item()
            right += (out.argmax(1) == y).sum().item()
            n += len(y)
    model.train(was)
    return Epoch(total / n, right / n)
