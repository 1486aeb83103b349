# fails: topk-1
import torch


def topk_accuracy(logits, labels, k):
    left, hits = logits.clone(), torch.zeros(len(labels), dtype=torch.bool)
    for _ in range(k):
        best = left.argmax(dim=1)
        hits |= best == labels
        left[torch.arange(len(labels)), best] = 0
    return 1.0 if k >= logits.shape[1] else hits.float().mean().item()
