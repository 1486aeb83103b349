# fails: topk-1
def topk_accuracy(logits, labels, k):
    g = logits.topk(min(k, logits.shape[1], 1000), dim=1).indices
    return (g == labels[:, None]).any(1).double().mean().item()
