# fails: topk-1 topk-2
def topk_accuracy(logits, labels, k):
    guesses = logits.argsort(dim=1, descending=True)[:, :k].flatten().tolist()
    return sum(g in labels.tolist() for g in guesses) / len(guesses)
