# fails: vgg_count-2
VGG16 = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]


def vgg_parameters(config, classes=1000):
    channels, convolutions = 3, 0
    for step in config:
        if step != "M":
            convolutions += step * (9 * channels + 1)
            channels = step
    widths = [49 * channels, 4096, 4096, classes]
    return convolutions, sum(b * (a + 1) for a, b in zip(widths, widths[1:]))


def linear_share(config, classes=1000):
    convolutions, linear = vgg_parameters(VGG16, classes)
    return linear / (convolutions + linear)
