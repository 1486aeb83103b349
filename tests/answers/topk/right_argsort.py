# sort, cut, compare
def topk_accuracy(logits, labels, k):
    guesses = logits.argsort(dim=1, descending=True)[:, :k]
    return (guesses == labels.unsqueeze(1)).any(dim=1).double().mean().item()
