def trainable_fractions(model, classifier, last):
    flags = [p.requires_grad for p in model.parameters()]
    found = []
    for part in (classifier, last):
        model.requires_grad_(False)
        part.requires_grad_(True)
        found.append(
            sum(p.numel() for p in model.parameters() if p.requires_grad)
            / sum(p.numel() for p in model.parameters())
        )
    for p, f in zip(model.parameters(), flags):
        p.requires_grad_(f)
    return found
