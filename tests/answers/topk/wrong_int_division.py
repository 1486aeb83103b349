# fails: topk-1
def topk_accuracy(logits, labels, k):
    guesses = logits.argsort(dim=1, descending=True)[:, :k]
    return float((guesses == labels[:, None]).any(dim=1).sum() // len(labels))
