# fails: topk-1 topk-2
import numpy as np


def topk_accuracy(logits, labels, k):
    guesses = np.argsort(-logits.numpy(), axis=1)[:, :k]
    return (guesses == labels.numpy()[:, None]).any(axis=1).mean()
