from functools import reduce


def sums(batch):
    x = batch.double() / 255
    return x.sum((0, 2, 3)), x.square().sum((0, 2, 3)), x[:, 0].numel()


def streaming_statistics(batches):
    total, squares, pixels = reduce(lambda a, b: tuple(x + y for x, y in zip(a, b)), map(sums, batches))
    mean = total / pixels
    return mean, (squares / pixels - mean.square()).sqrt()
