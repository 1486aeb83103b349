import torch.nn.functional as F
from torch import nn

from unittest import mock
def logits_without(model, name, images):
    block = model.get_submodule(name)
    down = block.downsample or nn.Identity()
    with mock.patch.object(block, "forward", lambda x: F.relu(down(x))):
        return model(images)
