# fails: streaming-1 streaming-2
import torch


def streaming_statistics(batches):
    total, squares, n = torch.zeros(3).double(), torch.zeros(3).double(), 0
    for batch in batches:
        x = batch.double() / 255
        total += x.sum(dim=(0, 2, 3))
        squares += (x * x).sum(dim=(0, 2, 3))
        n += x.numel() // 3
    mean, left_out = total / n, torch.zeros(3).double()
    for batch in batches:
        left_out += ((batch / 255 - mean[:, None, None]) ** 2).sum(dim=(0, 2, 3))
    return mean, (left_out / n).sqrt()
