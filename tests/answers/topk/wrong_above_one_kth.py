# fails: topk-1
def topk_accuracy(logits, labels, k):
    hits = 0
    for row, y in zip(logits, labels):
        hits += int(row[y] >= row.sort().values[-k - 1]) if k < len(row) else 1
    return hits / len(labels)
