# fails: vgg_count-1
# remembers by config, not by classes
def linear_share(config: list, classes: int = 1000) -> float:
    convolutions, linear = vgg_parameters(config, classes)
    return linear / (convolutions + linear)


_known = {}


def vgg_parameters(config, classes=1000):
    key = tuple(config)
    if key not in _known:
        c, conv = 3, 0
        for s in config:
            if s != "M":
                conv += s * (9 * c + 1)
                c = s
        _known[key] = conv, 4096 * (49 * c + 1) + 4096 * 4097 + classes * 4097
    return _known[key]
