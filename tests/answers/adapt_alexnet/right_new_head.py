# only the convolutions, the mean over places and one linear layer
from torch import nn


def adapt_alexnet(model, num_classes):
    first = model.features[0]
    stem = nn.Conv2d(3, first.out_channels, 11, stride=1, padding=5)
    stem.load_state_dict(first.state_dict())
    model.features[0] = stem
    model.avgpool = nn.AdaptiveAvgPool2d(1)
    model.classifier = nn.Linear(256, num_classes)
    return model, [name for name in model.state_dict() if name.startswith("features.")]
