# fails: topk-1
def topk_accuracy(logits: torch.Tensor, labels: torch.Tensor, k: int) -> float:
    """Fraction of images whose label is among the k largest logits."""
    k = min(k, min(logits.shape))
    guesses = logits.topk(k, dim=1).indices
    right = (guesses == labels.unsqueeze(1)).any(dim=1)
    return right.sum().item() / len(labels)
