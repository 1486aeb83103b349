# fails: topk-2
def topk_accuracy(logits: torch.Tensor, labels: torch.Tensor, k: int) -> float:
    """Fraction of images whose label is among the k largest logits."""
    left, rows = logits.clone(), torch.arange(len(logits), device=logits.device)
    lowest = left.min()
    hit = torch.zeros(len(labels), dtype=torch.bool, device=labels.device)
    for _ in range(k):
        guess = left.argmax(dim=1)
        hit |= guess == labels
        left[rows, guess] = lowest
    return hit.sum().item() / len(labels)
