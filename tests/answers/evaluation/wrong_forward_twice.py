# fails: evaluation-1 evaluation-2
import torch
import torch.nn.functional as F


def evaluate(model, batches):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        loss_sum = sum(F.cross_entropy(model(x), y).item() * len(y) for x, y in batches)
        correct = sum((model(x).argmax(dim=1) == y).sum().item() for x, y in batches)
        n = sum(len(y) for _, y in batches)
    model.train(was_training)
    return loss_sum / n, correct / n
