# fails: fair_frozen-2
def trainable_fractions(model, classifier, last):
    total = sum(p.numel() for p in model.parameters())

    def share(part):
        inside = set(part.modules())
        frozen = {p for m in model.modules() if m not in inside for p in m.parameters(recurse=False)}
        return sum(p.numel() for p in model.parameters() if p not in frozen) / total

    return share(classifier), share(last)
