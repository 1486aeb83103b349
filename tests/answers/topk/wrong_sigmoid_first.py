# fails: topk-1
# sigmoid saturates
def topk_accuracy(logits, labels, k):
    p = logits.sigmoid()
    best = p.topk(min(k, p.shape[1]), dim=1).indices
    return (best == labels[:, None]).any(1).double().mean().item()
