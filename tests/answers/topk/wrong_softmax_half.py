# fails: topk-1 topk-2
def topk_accuracy(logits, labels, k):
    p = logits.softmax(dim=1)
    return (p.gather(1, labels[:, None]).squeeze(1) >= 1 / (k + 1)).float().mean().item()
