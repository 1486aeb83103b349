# golden section on log t, with numpy
import numpy as np


def find_temperature(logits, labels):
    z, y = logits.double().numpy(), labels.numpy()

    def loss(log_t):
        scaled = z / np.exp(log_t)
        top = scaled.max(axis=1)
        sums = top + np.log(np.exp(scaled - top[:, None]).sum(axis=1))
        return (sums - scaled[np.arange(len(y)), y]).mean()

    low, high, golden = -4.0, 5.0, (5**0.5 - 1) / 2
    while high - low > 1e-5:
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return float(np.exp((low + high) / 2))
