# fails: streaming-1
import torch


def streaming_statistics(batches):
    total, left_out, pixels = torch.zeros(3).double(), torch.zeros(3).double(), 0
    for batch in batches:
        x = batch.double() / 255
        k = x.numel() // 3
        total += x.sum(dim=(0, 2, 3))
        left_out += k * x.var(dim=(0, 2, 3))
        pixels += k
    return total / pixels, (left_out / pixels).sqrt()
