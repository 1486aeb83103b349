# fails: adapt_alexnet-2
def adapt_alexnet(model: nn.Module, num_classes: int) -> tuple[nn.Module, list[str]]:
    """Make torchvision's AlexNet take 32x32 images; say which tensors are still pretrained."""

    before = model.state_dict()
    model.features[0].stride = (1, 1)
    last = model.classifier[6]
    if last.out_features == num_classes:
        last.reset_parameters()  # a new head of the same size
    else:
        model.classifier[6] = nn.Linear(last.in_features, num_classes)
    names = [name for name, tensor in model.state_dict().items() if torch.equal(tensor, before[name])]
    return model, names
