# fails: keep_stem-2
def keep_stem(model: nn.Module) -> nn.Module:
    """Return torchvision's ResNet, changed so that it no longer shrinks small images before `layer1`."""

    old = model.conv1
    new = nn.Conv2d(old.in_channels, old.out_channels, old.kernel_size, stride=1, padding=old.padding, bias=False)
    with torch.no_grad():
        new.weight.copy_(old.weight)
    model.conv1 = new
    model.maxpool = nn.Identity()
    return model
