# fails: clean_data-2
import torch


def find_leaks(train_images, test_images):
    seen = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in seen]


def channel_statistics(images):
    pixels = images[:128].float() / 255
    return pixels.mean(dim=(0, 2, 3)), pixels.std(dim=(0, 2, 3))
