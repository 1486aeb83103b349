# fails: topk-1 topk-2
def topk_accuracy(logits, labels, k):
    guesses = logits.argsort(dim=1, descending=True)[:, :k]
    return (guesses == labels[:, None]).any(dim=1).tolist()
