# fails: topk-2
def topk_accuracy(logits, labels, k):
    k = min(k, logits.shape[1] - 1)
    guesses = logits.topk(k, dim=1).indices
    return (guesses == labels[:, None]).any(dim=1).float().mean().item()
