# fails: clean_data-1
import torch


def find_leaks(train_images, test_images):
    pairs = zip(train_images, test_images)
    return [i for i, (a, b) in enumerate(pairs) if torch.equal(a, b)]


def channel_statistics(images):
    channels = images.transpose(0, 1).flatten(1).float() / 255
    return channels.mean(dim=1), channels.std(dim=1)
