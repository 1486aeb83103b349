# fails: streaming-2
import torch


def streaming_statistics(batches):
    kept = list(batches)
    pixels = torch.cat([b.transpose(0, 1).flatten(1).double() for b in kept], dim=1) / 255
    return pixels.mean(dim=1), pixels.std(dim=1)
