# fails: streaming-1
import torch


def streaming_statistics(batches):
    total, pixels, variances = 0, 0, []
    for batch in batches:
        x = batch.double() / 255
        total = total + x.sum(dim=(0, 2, 3))
        pixels += x.numel() // 3
        variances.append(x.var(dim=(0, 2, 3)))
    return total / pixels, torch.stack(variances).mean(0).sqrt()
