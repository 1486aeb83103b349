# fails: adapt_alexnet-2
from torch import nn


def adapt_alexnet(model, num_classes):
    model.features[0].stride = (1, 1)
    model.classifier[6] = nn.Linear(model.classifier[6].in_features, num_classes)
    layers = [name for name, m in model.named_modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    return model, [name for name in layers if name != "classifier.6"]
