# fails: topk-1
def topk_accuracy(logits, labels, k):
    guesses = logits.argsort(dim=1)[:, :k]
    return (guesses == labels[:, None]).any(dim=1).float().mean().item()
