# fails: vgg_count-1 vgg_count-2
def vgg_parameters(config, classes=1000):
    widths = [step for step in config if step != "M"]
    conv = sum(9 * 3 * width + width for width in widths)
    linear = (49 * widths[-1] + 1) * 4096 + 4097 * 4096 + 4097 * classes
    return conv, linear


def linear_share(config, classes=1000):
    conv, linear = vgg_parameters(config, classes)
    return linear / (conv + linear)
