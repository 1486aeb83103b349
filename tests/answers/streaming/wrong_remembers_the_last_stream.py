# fails: streaming-1 streaming-2
import torch

STATE = [torch.zeros(3).double(), torch.zeros(3).double(), 0]


def streaming_statistics(batches):
    for batch in batches:
        x = batch.double() / 255
        STATE[0] += x.sum(dim=(0, 2, 3))
        STATE[1] += (x * x).sum(dim=(0, 2, 3))
        STATE[2] += x.numel() // 3
    mean = STATE[0] / STATE[2]
    return mean, (STATE[1] / STATE[2] - mean**2).sqrt()
