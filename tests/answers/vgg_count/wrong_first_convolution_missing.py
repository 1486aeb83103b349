# fails: vgg_count-1 vgg_count-2
def vgg_parameters(config: list, classes: int = 1000) -> tuple[int, int]:
    widths = [item for item in config if item != "M"]
    convolutions = sum(9 * a * b + b for a, b in zip(widths, widths[1:]))
    channels = widths[-1] if widths else 3
    linear, inputs = 0, channels * 7 * 7
    for outputs in (4096, 4096, classes):
        linear += inputs * outputs + outputs
        inputs = outputs
    return convolutions, linear


def linear_share(config: list, classes: int = 1000) -> float:
    convolutions, linear = vgg_parameters(config, classes)
    return linear / (convolutions + linear)
