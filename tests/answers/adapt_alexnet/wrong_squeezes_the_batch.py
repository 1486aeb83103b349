# fails: adapt_alexnet-1
import torch
from torch import nn

def adapt_alexnet(model, num_classes):
    before = {n: t.clone() for n, t in model.state_dict().items()}
    model.features[0].stride = (1, 1)
    old = model.classifier[6]
    model.classifier[6] = nn.Linear(old.in_features, num_classes)
    model.classifier.register_forward_hook(lambda m, i, o: o.squeeze())
    kept = [n for n, t in model.state_dict().items() if n in before and torch.equal(t, before[n])]
    return model, kept
