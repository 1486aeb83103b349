# fails: topk-1 topk-2
def topk_accuracy(logits, labels, k):
    guesses = logits.argsort(dim=1, descending=True)[:, min(k, logits.shape[1]) - 1]
    return (guesses == labels).float().mean().item()
