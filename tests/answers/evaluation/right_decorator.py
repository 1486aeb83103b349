# a decorator, logits collected, try and finally
import torch
import torch.nn.functional as F


@torch.inference_mode()
def evaluate(model, batches):
    mode = model.training
    model.train(False)
    try:
        logits, labels = [], []
        for x, y in batches:
            logits.append(model(x))
            labels.append(y)
        logits, labels = torch.cat(logits), torch.cat(labels)
    finally:
        model.train(mode)
    loss = F.cross_entropy(logits, labels)
    return float(loss), float((logits.argmax(dim=-1) == labels).double().mean())
