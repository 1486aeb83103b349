# fails: keep_stem-1
def keep_stem(model):
    for block in (model.layer3[0], model.layer4[0]):
        block.conv1.stride = (1, 1)
        block.downsample[0].stride = (1, 1)
    return model
