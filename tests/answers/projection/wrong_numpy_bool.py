# fails: projection-1
import numpy as np


def needs_projection(in_channels, out_channels, stride):
    return np.not_equal((in_channels, 1), (out_channels, stride)).any()


def projection_blocks(model):
    return [name for name, m in model.named_modules() if getattr(m, "downsample", None) is not None]
