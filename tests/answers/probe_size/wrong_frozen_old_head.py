# fails: probe_size-1 probe_size-2
def probe_size(model: nn.Module, head: nn.Module, num_classes: int) -> tuple[int, float]:
    """How many numbers a linear probe trains, and their fraction of the network with the new head."""
    per_class = sum(p[0].numel() for p in head.parameters() if p.requires_grad)
    trained = per_class * num_classes
    old = sum(p.numel() for p in head.parameters())
    backbone = sum(p.numel() for p in model.parameters()) - old
    return trained, trained / (backbone + trained)
