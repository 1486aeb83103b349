import copy
from functools import singledispatchmethod

import torch
from torch import nn


class Control:
    def __call__(self, model, generator):
        self.generator = generator
        return copy.deepcopy(model).apply(self.change)

    @singledispatchmethod
    @torch.no_grad()
    def change(self, module):
        for p in module.parameters(recurse=False):
            if p.dim() > 1:
                order = torch.randperm(p.numel(), generator=self.generator)
                p.copy_(p.reshape(-1)[order].reshape(p.shape))

    @change.register
    def _(self, module: nn.modules.batchnorm._BatchNorm):
        module.reset_running_stats()


permuted_control = Control()
