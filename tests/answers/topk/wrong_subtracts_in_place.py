# fails: topk-2
def topk_accuracy(logits, labels, k):
    own = logits.gather(1, labels[:, None])
    logits -= own
    return ((logits > 0).sum(dim=1) < k).float().mean().item()
