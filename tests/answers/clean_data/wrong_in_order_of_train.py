# fails: clean_data-1
import torch
import torch.nn.functional as F


def find_leaks(train_images, test_images):
    found = []
    for train_image in train_images:
        for i, test_image in enumerate(test_images):
            if torch.equal(train_image, test_image) and i not in found:
                found.append(i)
    return found


def channel_statistics(images):
    pixels = images.float() / 255
    return pixels.mean(dim=(0, 2, 3)), pixels.std(dim=(0, 2, 3))
