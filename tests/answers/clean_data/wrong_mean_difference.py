# fails: clean_data-1
import torch


def find_leaks(train_images, test_images):
    leaks = []
    for i, image in enumerate(test_images):
        differences = (train_images.float() - image.float()).abs().mean(dim=(1, 2, 3))
        if differences.min() < 0.002:
            leaks.append(i)
    return leaks


def channel_statistics(images):
    pixels = images.float() / 255
    return pixels.mean(dim=(0, 2, 3)), pixels.std(dim=(0, 2, 3))
