# a class with __call__
import torch
from torch import nn


class Counter:
    criterion = nn.CrossEntropyLoss()

    def __call__(self, model, images, labels):
        for p in model.parameters():
            p.grad = None
        self.criterion(model(images), labels).backward()
        return sum(self.zeros(p) for p in model.parameters())

    @staticmethod
    def zeros(p):
        return p.numel() - (0 if p.grad is None else int(p.grad.count_nonzero()))


untouched_parameters = Counter()
