import torch


def streaming_statistics(batches):
    total, squares, pixels = [0.0] * 3, [0.0] * 3, 0
    for image in (image for batch in batches for image in batch):
        rows = image.reshape(3, -1).to(torch.int64)
        pixels += rows.shape[1]
        for c in range(3):
            total[c] += rows[c].sum().item()
            squares[c] += rows[c].pow(2).sum().item()
    out = [(t / pixels / 255, (s / pixels - (t / pixels) ** 2) ** 0.5 / 255) for t, s in zip(total, squares)]
    return tuple(torch.tensor(column) for column in zip(*out))
