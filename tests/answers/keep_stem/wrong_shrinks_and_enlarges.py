# fails: keep_stem-1
def keep_stem(model: nn.Module) -> nn.Module:
    """Return torchvision's ResNet, changed so that it no longer shrinks small images before `layer1`."""

    model.maxpool = nn.Upsample(scale_factor=2, mode="nearest")  # undoes the stride of conv1
    return model
