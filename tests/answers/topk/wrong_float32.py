# fails: topk-1
# float64 logits rounded to float32
def topk_accuracy(logits, labels, k):
    best = logits.float().topk(min(k, logits.shape[1]), dim=1).indices
    return (best == labels[:, None]).any(1).double().mean().item()
