from functools import partial, reduce


class Counter:
    def __call__(self, config, classes=1000):
        def step(state, width):
            count, before = state
            return (count, before) if width == "M" else (count + width * (9 * before + 1), width)

        convolutions, last = reduce(step, config, (0, 3))
        linear = 0
        for a, b in ((49 * last, 4096), (4096, 4096), (4096, classes)):
            linear += a * b + b
        return [convolutions, linear]


def share(count, config, classes=1000):
    convolutions, linear = count(config, classes=classes)
    return 1 - convolutions / (convolutions + linear)


vgg_parameters = Counter()
linear_share = partial(share, vgg_parameters)
