# fails: topk-1 topk-2


def topk_accuracy(logits, labels, k):
    k = min(k, logits.shape[1])
    values = logits.topk(k, dim=1).values
    return (values == labels[:, None]).any(1).float().mean().item()
