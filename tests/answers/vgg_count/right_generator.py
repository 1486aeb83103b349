def widths(config):
    return (step for step in config if isinstance(step, int))


def vgg_parameters(config, classes=1000):
    before, convolutions = 3, 0
    for width in widths(config):
        convolutions += 3 * 3 * before * width
        convolutions += width
        before = width
    first = 7 * 7 * before * 4096 + 4096
    return convolutions, first + 4096 * 4096 + 4096 + 4096 * classes + classes


def linear_share(config, classes=1000):
    both = vgg_parameters(config, classes)
    return both[1] / sum(both)
