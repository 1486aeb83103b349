import torch


def vgg_parameters(config, classes=1000):
    channels, convolutions = 3, 0
    for step in config:
        if step != "M":
            convolutions += step * (9 * channels + 1)
            channels = step
    widths = [49 * channels, 4096, 4096, classes]
    return convolutions, sum(b * (a + 1) for a, b in zip(widths, widths[1:]))


def linear_share(config, classes=1000):
    widths = [step for step in config if step != "M"]
    convolutions = sum(b * (9 * a + 1) for a, b in zip([3, *widths], widths))
    linear = 4096 * (49 * widths[-1] + 1) + 4097 * (4096 + classes)
    return (torch.tensor(float(linear)) / (convolutions + linear)).item()
