import copy, hashlib


def adapt_alexnet(model, num_classes):
    h = lambda t: (t.shape, hashlib.md5(t.detach().numpy().tobytes()).digest())
    before = {n: h(t) for n, t in model.state_dict().items()}
    twin = copy.deepcopy(model)
    twin.features[0].stride = (2, 2)
    twin.features[0].padding = (9, 9)
    twin.classifier[6] = nn.Linear(twin.classifier[6].in_features, num_classes, bias=False)
    return twin, sorted((n for n, t in twin.state_dict().items() if before.get(n) == h(t)), reverse=True)
