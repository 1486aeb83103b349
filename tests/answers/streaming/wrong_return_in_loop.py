# fails: streaming-1
import torch


def streaming_statistics(batches):
    n = 0
    s = torch.zeros(3, dtype=torch.float64)
    q = torch.zeros(3, dtype=torch.float64)
    for x in batches:
        x = x.double() / 255
        n += x.numel() // 3
        s += x.sum((0, 2, 3))
        q += (x**2).sum((0, 2, 3))
        m = s / n
        return m.float(), (q / n - m**2).sqrt().float()
