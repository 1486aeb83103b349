# fails: clean_data-2
import torch


def find_leaks(train_images, test_images):
    seen = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in seen]


def channel_statistics(images):
    images = images.float() / 255
    mean, std = torch.zeros(3), torch.zeros(3)
    for image in images:
        mean += image.mean(dim=(1, 2))
        std += image.std(dim=(1, 2))
    return mean / len(images), std / len(images)
