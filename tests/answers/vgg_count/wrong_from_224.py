# fails: vgg_count-1 vgg_count-2
def vgg_parameters(config, classes=1000):
    channels, conv, side = 3, 0, 224
    for step in config:
        if step == "M":
            side //= 2
        else:
            conv += (9 * channels + 1) * step
            channels = step
    linear = (side * side * channels + 1) * 4096 + 4097 * 4096 + 4097 * classes
    return conv, linear


def linear_share(config, classes=1000):
    conv, linear = vgg_parameters(config, classes)
    return linear / (conv + linear)
