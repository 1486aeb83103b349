import heapq


def topk_accuracy(logits, labels, k):
    hits = 0
    for row, y in zip(logits.tolist(), labels.tolist()):
        hits += y in heapq.nlargest(k, range(len(row)), key=row.__getitem__)
    return hits / len(labels)
