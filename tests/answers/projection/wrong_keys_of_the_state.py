# fails: projection-2
from torchvision.models import resnet
def needs_projection(in_channels, out_channels, stride):
    return in_channels != out_channels or stride != 1


def projection_blocks(model):
    return list(dict.fromkeys(k.split('.downsample')[0] for k in model.state_dict() if '.downsample.0.weight' in k))
