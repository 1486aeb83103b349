# fails: vgg_count-2
def vgg_parameters(config, classes=1000):
    widths = [step for step in config if step != "M"]
    convolutions = sum(b * (9 * a + 1) for a, b in zip([3, *widths], widths))
    return convolutions, 4096 * (49 * widths[-1] + 1) + 4097 * (4096 + classes)


def linear_share(config, classes=1000):
    convolutions, linear = vgg_parameters(config, classes)
    return round(linear / (convolutions + linear), 6)
