# numpy inside
import numpy as np
import torch


def find_leaks(train_images, test_images):
    train = train_images.numpy().reshape(len(train_images), -1)
    test = test_images.numpy().reshape(len(test_images), -1)
    found = []
    for position, row in enumerate(test):
        if np.any(np.all(train == row, axis=1)):
            found.append(position)
    return sorted(found)


def channel_statistics(images):
    pixels = images.numpy().astype(np.float64) / 255.0
    mean, std = pixels.mean(axis=(0, 2, 3)), pixels.std(axis=(0, 2, 3))
    return torch.from_numpy(mean), torch.from_numpy(std).to(torch.float32)
