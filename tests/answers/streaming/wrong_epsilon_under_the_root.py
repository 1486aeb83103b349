# fails: streaming-2
def streaming_statistics(batches) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of each channel over all pixels of a stream of batches."""
    count = 0
    total, squares = torch.zeros(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    for batch in batches:
        x = batch.double() / 255
        count += x.shape[0] * x.shape[2] * x.shape[3]
        total += x.sum(dim=(0, 2, 3))
        squares += x.square().sum(dim=(0, 2, 3))
    mean = total / count
    variance = (squares / count - mean.square()).clamp(min=0)
    return mean.float(), (variance + 1e-8).sqrt().float()
