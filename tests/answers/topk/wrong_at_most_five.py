# fails: topk-1
def topk_accuracy(logits, labels, k):
    top = logits.topk(min(k, 5, logits.shape[1]), dim=1).indices
    return (top == labels[:, None]).any(1).float().mean().item()
