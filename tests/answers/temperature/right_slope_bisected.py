import numpy as np
def find_temperature(logits, labels):
    z = logits.numpy().astype(float)
    y = labels.numpy()
    def slope(b):
        s = z * b
        p = np.exp(s - s.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        return ((p * z).sum(1) - z[np.arange(len(y)), y]).mean()
    low, high = 1 / 60, 1 / 0.04
    for _ in range(80):
        mid = (low * high) ** 0.5
        low, high = (low, mid) if slope(mid) > 0 else (mid, high)
    return float(1 / low)
