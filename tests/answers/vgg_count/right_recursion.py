def vgg_parameters(config, classes=1000, channels=3):
    if not config:
        return 0, (49 * channels + 1) * 4096 + 4097 * (4096 + classes)
    step, *rest = config
    if step == "M":
        return vgg_parameters(rest, classes, channels)
    convolutions, linear = vgg_parameters(rest, classes, step)
    return convolutions + (9 * channels + 1) * step, linear


linear_share = lambda config, classes=1000: (  # noqa: E731
    lambda pair: pair[1] / (pair[0] + pair[1])
)(vgg_parameters(config, classes))
