# generators, next and any
import torch


def find_leaks(train_images, test_images):
    def positions():
        for i, image in enumerate(test_images):
            if any(torch.equal(image, other) for other in train_images):
                yield i

    return list(positions())


def channel_statistics(images):
    def rows():
        for c in range(3):
            channel = images[:, c].double().div(255)
            yield channel.mean(), channel.std(correction=0)

    mean, std = zip(*rows())
    return torch.stack(mean), torch.stack(std)
