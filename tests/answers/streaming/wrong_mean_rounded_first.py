# fails: streaming-2
def streaming_statistics(batches) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of each channel over all pixels of a stream of batches."""
    count = 0
    total, squares = torch.zeros(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    for batch in batches:
        x = batch.double() / 255
        count += x.numel() // 3
        total += x.sum(dim=(0, 2, 3))
        squares += (x * x).sum(dim=(0, 2, 3))
    mean = (total / count).float()
    variance = squares / count - mean**2
    return mean, variance.clamp(min=0).sqrt().float()
