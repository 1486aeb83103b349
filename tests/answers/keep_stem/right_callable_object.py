# a class with __call__, a pool that does nothing
from torch import nn


class Nothing(nn.Module):
    def forward(self, x):
        return x


class Keeper:
    pools = (nn.MaxPool2d, nn.AvgPool2d)

    def __call__(self, model):
        model.conv1.stride = 1
        for name, child in list(model.named_children()):
            if isinstance(child, self.pools):
                setattr(model, name, Nothing())
        return model


keep_stem = Keeper()
