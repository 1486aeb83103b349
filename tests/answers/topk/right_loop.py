# plain Python
def topk_accuracy(logits, labels, k):
    hits = 0
    for row, label in zip(logits.tolist(), labels.tolist()):
        best = sorted(range(len(row)), key=lambda c: row[c], reverse=True)[:k]
        hits += label in best
    return hits / len(labels)
