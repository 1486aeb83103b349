# fails: keep_stem-1


def keep_stem(model):
    model.conv1.stride = (1, 1)
    model.maxpool = nn.Sequential(nn.MaxPool2d(3, 2, 1), nn.Upsample(scale_factor=2))
    return model
