# fails: topk-1
import torch

def topk_accuracy(logits, labels, k):
    mine = logits.gather(1, labels[:, None])
    return ((logits > mine).sum(1).to(torch.uint8) < k).float().mean().item()
