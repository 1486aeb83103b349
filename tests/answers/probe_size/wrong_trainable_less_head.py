# fails: probe_size-2


def probe_size(model, head, num_classes):
    n = head.weight.shape[1] * num_classes + (num_classes if head.bias is not None else 0)
    total = (
        sum(p.numel() for p in model.parameters() if p.requires_grad)
        - sum(p.numel() for p in head.parameters())
        + n
    )
    return n, n / total
