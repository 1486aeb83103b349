from fractions import Fraction
def probe_size(model, head, num_classes):
    per_class = sum(p[0].numel() for p in head.parameters())
    probe = per_class * num_classes
    others = {id(q): q.numel() for m in model.modules() if m is not head for q in m._parameters.values() if q is not None}
    return probe, float(Fraction(probe, probe + sum(others.values())))
