# fails: clean_data-1
import torch


def find_leaks(train_images, test_images):
    leaks = []
    for i, image in enumerate(test_images):
        for other in train_images:
            if torch.equal(image, other):
                leaks.append(i)
    return leaks


def channel_statistics(images):
    channels = images.transpose(0, 1).flatten(1).float() / 255
    return channels.mean(dim=1), channels.std(dim=1)
