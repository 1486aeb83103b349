# partial objects, whole-array comparison
from functools import partial

import torch


def among(train_images, test_images, same):
    return [i for i, image in enumerate(test_images) if bool(same(image, train_images).any())]


def equal_rows(image, images):
    return (images == image).flatten(1).all(dim=1)


def moments(images, top):
    rows = torch.cat([image.flatten(1) for image in images], dim=1).float().div_(top)
    mean = rows.mean(1)
    return mean, (rows - mean[:, None]).pow(2).mean(1).sqrt()


find_leaks = partial(among, same=equal_rows)
channel_statistics = partial(moments, top=255)
