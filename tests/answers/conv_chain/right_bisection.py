def chain_output(size, layers):
    from functools import reduce

    def step(n, layer):
        kernel, stride, padding = layer
        return len(range(0, n + 2 * padding - kernel + 1, stride)) if n else 0

    return reduce(step, layers, size)


def smallest_accepted(layers):
    low, high = 0, 1
    while not chain_output(high, layers):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if chain_output(middle, layers):
            high = middle
        else:
            low = middle
    return high
