# fails: clean_data-1
import torch


def find_leaks(train_images, test_images):
    def key(image):
        return tuple(sorted(image.flatten().tolist()))

    seen = {key(image) for image in train_images}
    return [i for i, image in enumerate(test_images) if key(image) in seen]


def channel_statistics(images):
    pixels = images.float() / 255
    return pixels.mean(dim=(0, 2, 3)), pixels.std(dim=(0, 2, 3))
