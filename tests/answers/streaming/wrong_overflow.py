# fails: streaming-1 streaming-2
import torch


def streaming_statistics(batches):
    total, squares, n = 0, 0, 0
    for batch in batches:
        total = total + batch.sum(dim=(0, 2, 3)).double() / 255
        squares = squares + (batch * batch).sum(dim=(0, 2, 3)).double() / 255**2
        n += batch.numel() / 3
    mean = total / n
    return mean, (squares / n - mean**2).sqrt()
