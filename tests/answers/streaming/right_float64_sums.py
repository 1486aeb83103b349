# sums, squares and pixels in float64
import torch


def streaming_statistics(batches):
    total, squares, pixels = torch.zeros(3).double(), torch.zeros(3).double(), 0
    for batch in batches:
        values = batch.double() / 255
        total += values.sum(dim=(0, 2, 3))
        squares += (values**2).sum(dim=(0, 2, 3))
        pixels += batch.numel() // 3
    mean = total / pixels
    return mean.float(), (squares / pixels - mean**2).sqrt().float()
