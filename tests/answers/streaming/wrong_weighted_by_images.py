# fails: streaming-1
import torch


def streaming_statistics(batches):
    mean, square, images = torch.zeros(3).double(), torch.zeros(3).double(), 0
    for batch in batches:
        x = batch.double() / 255
        mean += len(batch) * x.mean(dim=(0, 2, 3))
        square += len(batch) * (x * x).mean(dim=(0, 2, 3))
        images += len(batch)
    mean, square = mean / images, square / images
    return mean, (square - mean**2).sqrt()
