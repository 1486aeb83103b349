# fails: vgg_count-1 vgg_count-2
def vgg_parameters(config, classes=1000):
    channels, conv = 3, 0
    while 'M' in config:
        config.remove('M')
    for c in config:
        if c == "M":
            continue
        conv += 9 * channels * c + c
        channels = c
    linear = (49 * channels + 1) * 4096 + 4097 * 4096 + 4097 * classes
    return conv, linear


def linear_share(config, classes=1000):
    conv, linear = vgg_parameters(config, classes)
    return linear / (conv + linear)
