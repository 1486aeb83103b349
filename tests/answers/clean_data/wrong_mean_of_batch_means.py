# fails: clean_data-2
import torch


def find_leaks(train_images, test_images):
    seen = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in seen]


def channel_statistics(images):
    means, squares = [], []
    for batch in images.split(64):
        pixels = batch.double() / 255
        means.append(pixels.mean(dim=(0, 2, 3)))
        squares.append(pixels.square().mean(dim=(0, 2, 3)))
    mean = torch.stack(means).mean(dim=0)
    return mean, (torch.stack(squares).mean(dim=0) - mean.square()).sqrt()
