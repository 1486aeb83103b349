# fails: clean_data-1
import torch


def find_leaks(train_images, test_images):
    everything = torch.cat([train_images, test_images]).flatten(1)
    _, inverse, counts = torch.unique(everything, dim=0, return_inverse=True, return_counts=True)
    repeated = counts[inverse] > 1
    return repeated[len(train_images):].nonzero().flatten().tolist()


def channel_statistics(images):
    pixels = images.float() / 255
    return pixels.mean(dim=(0, 2, 3)), pixels.std(dim=(0, 2, 3))
