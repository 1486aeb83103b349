import torch


def topk_accuracy(logits, labels, k):
    classes = logits.shape[-1]
    if k >= classes:
        return 1.0
    threshold = logits.kthvalue(classes - k + 1, dim=-1).values
    own = torch.take_along_dim(logits, labels[:, None], dim=-1)[:, 0]
    return torch.count_nonzero(own >= threshold).item() / labels.numel()
