# plain loops, hashes, running sums
import hashlib

import torch


def find_leaks(train_images, test_images):
    hashes = set()
    for image in train_images:
        hashes.add(hashlib.sha1(image.numpy().tobytes()).hexdigest())
    leaks = []
    for i in range(test_images.shape[0]):
        if hashlib.sha1(test_images[i].numpy().tobytes()).hexdigest() in hashes:
            leaks.append(i)
    return leaks


def channel_statistics(images):
    total, squares, count = torch.zeros(3).double(), torch.zeros(3).double(), 0
    for image in images:
        pixels = image.double() / 255.0
        total += pixels.sum(dim=(1, 2))
        squares += (pixels * pixels).sum(dim=(1, 2))
        count += pixels[0].numel()
    mean = total / count
    return mean, torch.sqrt(squares / count - mean * mean)
