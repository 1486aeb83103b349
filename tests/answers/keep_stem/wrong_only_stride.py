# fails: keep_stem-1
def keep_stem(model):
    model.conv1.stride = (1, 1)
    return model
