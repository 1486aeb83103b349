# fails: topk-1
# softmax first, whose small probabilities are all zero
def topk_accuracy(logits, labels, k):
    p = logits.softmax(dim=1)
    best = p.topk(min(k, p.shape[1]), dim=1).indices
    return (best == labels[:, None]).any(1).double().mean().item()
