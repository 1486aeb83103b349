# fails: topk-2
def topk_accuracy(logits, labels, k):
    guesses = logits.argsort(dim=1, descending=True)[:, :k]
    guesses -= labels.unsqueeze_(1)
    labels.squeeze_(1)
    labels.clamp_(max=0)
    return (guesses == 0).any(dim=1).float().mean().item()
