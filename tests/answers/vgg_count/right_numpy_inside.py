import numpy as np


def vgg_parameters(config, classes=1000):
    widths = np.array([3, *(step for step in config if step != "M")], dtype=np.int64)
    sides = np.array([49 * widths[-1], 4096, 4096, classes], dtype=np.int64)
    convolutions = (9 * widths[:-1] + 1) @ widths[1:]
    linear = (sides[:-1] + 1) @ sides[1:]
    return int(convolutions), int(linear)


def linear_share(config, classes=1000):
    convolutions, linear = vgg_parameters(config, classes)
    return float(np.float64(linear) / (convolutions + linear))
