# classes with __call__
import torch


class LeakFinder:
    def __call__(self, train_images, test_images):
        index = {}
        for i, image in enumerate(train_images):
            index.setdefault(tuple(image.flatten().tolist()), i)
        keys = [tuple(image.flatten().tolist()) for image in test_images]
        return [i for i, key in enumerate(keys) if key in index]


class Statistics:
    def __init__(self, scale):
        self.scale = scale

    def __call__(self, images):
        flat = images.permute(1, 0, 2, 3).reshape(3, -1) / self.scale
        std, mean = torch.std_mean(flat, dim=1)
        return [mean, std]


find_leaks = LeakFinder()
channel_statistics = Statistics(255)
