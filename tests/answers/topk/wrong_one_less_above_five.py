# fails: topk-1
def topk_accuracy(logits, labels, k):
    top = logits.argsort(1, descending=True)[:, : k - 1 if k > 5 else k]
    return (top == labels[:, None]).any(1).float().mean().item()
