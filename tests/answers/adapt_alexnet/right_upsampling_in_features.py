import torch
from torch import nn

def adapt_alexnet(model, num_classes):
    given = [t.clone() for t in model.state_dict().values()]
    model.features = nn.Sequential(nn.Upsample(size=(224, 224)), *model.features)
    model.classifier = nn.Sequential(*list(model.classifier)[:-1], nn.LazyLinear(num_classes))
    model.eval()(torch.zeros(1, 3, 32, 32))
    model.train()
    return model, [n for n, t in model.state_dict().items() if any(t.shape == g.shape and bool((t == g).all()) for g in given)]
