# fails: vgg_count-1


def vgg_parameters(config, classes=1000):
    c, conv = 3, 0
    for v in config:
        if v == "M":
            continue
        conv += 9 * c * v + v
        c = v
    lin = c * 49 * 4096 + 4096 + 4096 * 4096 + 4096 + 4096 * classes + classes
    return conv, conv + lin


def linear_share(config, classes=1000):
    a, b = vgg_parameters(config, classes)
    return (b - a) / b
