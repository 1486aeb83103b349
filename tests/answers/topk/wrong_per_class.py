# fails: topk-1
def topk_accuracy(logits, labels, k):
    hits = (logits.topk(min(k, logits.shape[1]), dim=1).indices == labels[:, None]).any(dim=1).float()
    return (sum(hits[labels == y].mean() for y in labels.unique()) / len(labels.unique())).item()
