# fails: adapt_alexnet-2
def adapt_alexnet(model: nn.Module, num_classes: int) -> tuple[nn.Module, list[str]]:
    """Make torchvision's AlexNet take 32x32 images; say which tensors are still pretrained."""

    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.features = nn.Sequential(nn.Upsample(scale_factor=2), *model.features)
    last = model.classifier[6]
    model.classifier[6] = nn.Linear(last.in_features, num_classes)
    names = [n for n, t in model.state_dict().items() if n in before and torch.equal(t, before[n])]
    return model, names
