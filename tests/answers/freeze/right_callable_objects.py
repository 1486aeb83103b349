# classes with __call__, counts by numpy
import numpy as np


class Freezer:
    def __call__(self, model, head):
        keep = [id(p) for p in head.parameters()]
        for p in model.parameters():
            p.requires_grad_(id(p) in keep)


class Mode:
    @staticmethod
    def frozen(module):
        flags = np.array([p.requires_grad for p in module.parameters()], dtype=bool)
        return flags.size > 0 and not flags.any()

    def __call__(self, model):
        model.train(True)
        for module in filter(self.frozen, model.modules()):
            module.train(False)


freeze_backbone = Freezer()
train_mode = Mode()
