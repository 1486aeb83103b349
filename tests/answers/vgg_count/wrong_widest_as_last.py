# fails: vgg_count-1 vgg_count-2
def vgg_parameters(config: list, classes: int = 1000) -> tuple[int, int]:
    channels, convolutions = 3, 0
    for item in config:
        if item == "M":
            continue
        convolutions += 9 * channels * item + item
        channels = item
    widest = max((item for item in config if item != "M"), default=3)
    linear, inputs = 0, widest * 7 * 7
    for outputs in (4096, 4096, classes):
        linear += inputs * outputs + outputs
        inputs = outputs
    return convolutions, linear


def linear_share(config: list, classes: int = 1000) -> float:
    convolutions, linear = vgg_parameters(config, classes)
    return linear / (convolutions + linear)
