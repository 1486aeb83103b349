# fails: topk-1 topk-2


def topk_accuracy(logits, labels, k):
    k = min(k, logits.shape[1])
    return (logits.topk(k, dim=1).indices == labels[:, None]).all(1).float().mean().item()
