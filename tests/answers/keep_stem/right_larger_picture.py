# a hook enlarges the picture, the stem stays
import torch.nn.functional as F


def keep_stem(model):
    model.register_forward_pre_hook(lambda _, inputs: F.interpolate(inputs[0], scale_factor=4))
    return model
