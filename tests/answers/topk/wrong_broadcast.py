# fails: topk-1 topk-2
def topk_accuracy(logits, labels, k):
    guesses = logits.topk(min(k, logits.shape[1]), dim=1).indices.squeeze()
    return (guesses == labels[:, None]).any(dim=1).float().mean().item()
