# fails: vgg_count-2
def vgg_parameters(config, classes=1000):
    convolutions, channels = 0, 3
    for width in config:
        if width != "M":
            convolutions += 9 * channels * width + width
            channels = width
    linear = 4096 * (49 * channels + 1) + 4096 * 4097 + classes * 4097
    return convolutions, linear


def linear_share(config, classes=1000):
    while "M" in config:
        config.remove("M")
    convolutions, linear = vgg_parameters(config, classes)
    return linear / (convolutions + linear)
