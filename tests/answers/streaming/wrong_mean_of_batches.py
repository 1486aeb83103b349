# fails: streaming-1
import torch


def streaming_statistics(batches):
    means, stds = [], []
    for batch in batches:
        x = batch.double() / 255
        means.append(x.mean(dim=(0, 2, 3)))
        stds.append(x.std(dim=(0, 2, 3)))
    return torch.stack(means).mean(dim=0), torch.stack(stds).mean(dim=0)
