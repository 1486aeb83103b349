# fails: evaluation-2
import torch.nn.functional as F


def evaluate(model, batches):
    was_training = model.training
    model.eval()
    model.requires_grad_(False)
    loss_sum, correct, n = 0.0, 0, 0
    for x, y in batches:
        logits = model(x)
        loss_sum += F.cross_entropy(logits, y).item() * len(y)
        correct += (logits.argmax(dim=1) == y).sum().item()
        n += len(y)
    model.requires_grad_(True)
    model.train(was_training)
    return loss_sum / n, correct / n
