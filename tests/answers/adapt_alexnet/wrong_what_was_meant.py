# fails: adapt_alexnet-2
from torch import nn


def adapt_alexnet(model, num_classes):
    model.features[0].stride = (1, 1)
    middle, last = model.classifier[4], model.classifier[6]
    model.classifier[4] = nn.Linear(middle.in_features, middle.out_features)
    model.classifier[6] = nn.Linear(last.in_features, num_classes)
    return model, [n for n in model.state_dict() if not n.startswith("classifier.6")]
