# fails: probe_size-1
# multiplies in float: digits lost for many classes
def probe_size(model, head, num_classes):
    into = head.weight.shape[1]
    new = int(float(num_classes) * (into + (head.bias is not None)))
    rest = sum(p.numel() for p in model.parameters()) - sum(p.numel() for p in head.parameters())
    return new, new / (rest + new)
