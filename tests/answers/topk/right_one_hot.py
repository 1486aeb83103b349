import torch
import torch.nn.functional as F


def topk_accuracy(logits, labels, k):
    chosen = torch.zeros_like(logits).scatter(1, logits.argsort(1, descending=True)[:, :k], 1.0)
    return ((chosen * F.one_hot(labels, logits.shape[1])).sum() / logits.shape[0]).item()
