# fails: vgg_count-1 vgg_count-2
def vgg_parameters(config, classes=1000):
    channels, conv = 3, 0
    for step in config:
        if step != "M":
            conv += (3 * channels + 1) * step
            channels = step
    linear = (49 * channels + 1) * 4096 + 4097 * 4096 + 4097 * classes
    return conv, linear


def linear_share(config, classes=1000):
    conv, linear = vgg_parameters(config, classes)
    return linear / (conv + linear)
