# nested tuples as keys, channel by channel, a warning on the way
import warnings

import torch


def find_leaks(train_images, test_images):
    warnings.warn("comparing images", stacklevel=1)
    places = {tuple(image.flatten().tolist()): i for i, image in enumerate(train_images)}
    found = [j for j, image in enumerate(test_images) if tuple(image.flatten().tolist()) in places]
    return sorted(found)


def channel_statistics(images):
    means, stds = [], []
    for c in range(3):
        channel = images[:, c].reshape(-1).float() / 255
        means.append(channel.mean())
        stds.append((channel - channel.mean()).pow(2).mean().sqrt())
    return torch.stack(means), torch.stack(stds)
