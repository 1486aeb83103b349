import torch


def find_temperature(logits, labels):
    z = logits.detach().double()
    own = z.gather(1, labels[:, None]).mean()
    low, high = 1 / 60, 25.0  # of 1/T; the loss is convex in it
    for _ in range(60):
        middle = (low + high) / 2
        slope = ((z * middle).softmax(1) * z).sum(1).mean() - own
        low, high = (low, middle) if slope > 0 else (middle, high)
    return 2 / (low + high)
