# fails: adapt_alexnet-1
# tanh at the end
def adapt_alexnet(model, num_classes):
    old = {n: t.clone() for n, t in model.state_dict().items()}
    model.features[0].stride, model.features[0].padding = 1, 5
    last = model.classifier[6]
    model.classifier[6] = nn.Sequential(nn.Linear(last.in_features, num_classes), nn.Tanh())
    now = model.state_dict()
    return model, [n for n in now if n in old and torch.equal(now[n], old[n])]
