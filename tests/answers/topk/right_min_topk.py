def topk_accuracy(logits, labels, k):
    guesses = logits.topk(min(k, logits.size(1))).indices
    return (guesses == labels.view(-1, 1)).sum().item() / len(labels)
