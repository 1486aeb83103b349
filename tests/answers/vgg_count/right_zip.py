def vgg_parameters(config, classes=1000):
    widths = [3, *(step for step in config if step != "M")]
    conv = sum(b * (9 * a + 1) for a, b in zip(widths, widths[1:]))
    sizes = [widths[-1] * 7 * 7, 4096, 4096, classes]
    return conv, sum(b + a * b for a, b in zip(sizes, sizes[1:]))


def linear_share(config, classes=1000):
    parts = vgg_parameters(config, classes)
    return parts[1] / sum(parts)
