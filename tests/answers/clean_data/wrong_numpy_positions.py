# fails: clean_data-1
import numpy as np


def find_leaks(train_images, test_images):
    train, test = train_images.flatten(1).numpy(), test_images.flatten(1).numpy()
    same = (test[:, None] == train[None]).all(axis=2).any(axis=1)
    return list(np.flatnonzero(same))


def channel_statistics(images):
    pixels = images.float() / 255
    return pixels.mean(dim=(0, 2, 3)), pixels.std(dim=(0, 2, 3))
