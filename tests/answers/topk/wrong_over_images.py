# fails: topk-1 topk-2
def topk_accuracy(logits, labels, k):
    guesses = logits.argsort(dim=0, descending=True)[:k]
    return (guesses == labels[:, None][: len(guesses)]).any(dim=0).float().mean().item()
