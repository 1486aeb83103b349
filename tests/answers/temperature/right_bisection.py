# the loss is convex in 1/t: bisect its slope
def find_temperature(logits, labels):
    logits = logits.double()
    own = logits.gather(1, labels[:, None]).squeeze(1)
    low, high = 1e-3, 1e3  # of 1/t
    for _ in range(60):
        middle = (low * high) ** 0.5
        expected = ((logits * middle).softmax(dim=1) * logits).sum(dim=1)
        if (expected - own).mean() > 0:
            high = middle
        else:
            low = middle
    return 1 / middle
