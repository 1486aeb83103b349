def streaming_statistics(batches):
    total, squares, pixels = [0] * 3, [0] * 3, 0
    for batch in batches:
        pixels += batch.numel() // 3
        for c in range(3):
            channel = batch[:, c].long()
            total[c] += int(channel.sum())
            squares[c] += int((channel * channel).sum())
    mean = [t / pixels for t in total]
    std = [(pixels * s - t * t) ** 0.5 / pixels for t, s in zip(total, squares)]
    return torch.tensor(mean) / 255, torch.tensor(std) / 255
