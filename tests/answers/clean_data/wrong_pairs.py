# fails: clean_data-1
import torch


def find_leaks(train_images, test_images):
    leaks = []
    for j, b in enumerate(test_images):
        for i, a in enumerate(train_images):
            if torch.equal(a, b):
                leaks.append((i, j))
    return leaks


def channel_statistics(images):
    channels = images.transpose(0, 1).flatten(1).float() / 255
    return channels.mean(dim=1), channels.std(dim=1)
