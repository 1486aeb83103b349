# fails: topk-2
import torch


def topk_accuracy(logits, labels, k):
    hits = torch.zeros(len(labels), dtype=torch.bool)
    for _ in range(k):
        best = logits.argmax(dim=1)
        hits |= best == labels
        logits[torch.arange(len(labels)), best] = -1e9
    if k >= logits.shape[1]:
        return 1.0
    return hits.float().mean().item()
