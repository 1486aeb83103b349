# fails: keep_stem-1 keep_stem-2
from torch import nn
from torchvision.models import resnet18


def keep_stem(model: nn.Module) -> nn.Module:
    small = resnet18(num_classes=model.fc.out_features)
    small.conv1.stride = (1, 1)
    small.maxpool = nn.Identity()
    small.load_state_dict(model.state_dict())
    return small
