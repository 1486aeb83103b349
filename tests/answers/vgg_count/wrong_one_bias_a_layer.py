# fails: vgg_count-1
def linear_share(config, classes=1000):
    widths = [step for step in config if step != "M"]
    convolutions = sum(b * (9 * a + 1) for a, b in zip([3, *widths], widths))
    linear = 4096 * (49 * widths[-1] + 1) + 4097 * (4096 + classes)
    return linear / (convolutions + linear)


def vgg_parameters(config, classes=1000):
    w = [s for s in config if s != "M"]
    conv = sum(b * 9 * a + 1 for a, b in zip([3, *w], w))
    return conv, 4096 * 49 * w[-1] + 1 + 4096 * 4096 + 1 + classes * 4096 + 1
