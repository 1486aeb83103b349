from functools import partial, reduce

from torch import nn


class Swap:
    def __init__(self, kind):
        self.kind = kind

    def __call__(self, model, num_classes):
        last = max(
            (number, path)
            for number, (path, module) in enumerate(model.named_modules())
            if isinstance(module, self.kind)
        )[1]
        *above, name = last.split(".")
        parent = reduce(getattr, above, model)
        old = getattr(parent, name)
        make = partial(nn.Linear, old.in_features, num_classes)
        setattr(parent, name, make() if old.bias is not None else make(bias=False))
        return getattr(parent, name)


swap_head = Swap(nn.Linear)
