# one big comparison, and numpy
import numpy as np
import torch


def find_leaks(train_images, test_images):
    same = (test_images[:, None] == train_images[None]).flatten(2).all(dim=2)
    return same.any(dim=1).nonzero().flatten().tolist()


def channel_statistics(images):
    pixels = images.numpy().astype(np.float64) / 255
    mean, std = pixels.mean(axis=(0, 2, 3)), pixels.std(axis=(0, 2, 3))
    return torch.from_numpy(mean).float(), torch.from_numpy(std).float()
