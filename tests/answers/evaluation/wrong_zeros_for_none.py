# fails: evaluation-2
import torch
import torch.nn.functional as F

def evaluate(model, batches):
    was = model.training
    model.eval()
    loss_sum, right, seen = 0.0, 0, 0
    with torch.no_grad():
        for x, y in batches:
            logits = model(x)
            loss_sum += F.cross_entropy(logits, y, reduction="sum").item()
            right += (logits.argmax(1) == y).sum().item()
            seen += len(y)
    model.train(was)
    for p in model.parameters():
        p.grad = torch.zeros_like(p) if p.grad is None else p.grad
    return loss_sum / seen, right / seen
