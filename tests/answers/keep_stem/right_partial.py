# a partial object, the pool's own forward pass replaced
from functools import partial


def change(stride, model):
    model.conv1.stride = stride
    model.maxpool.forward = lambda x: x
    return model


keep_stem = partial(change, (1, 1))
