def chain_output(size, layers):
    if not layers:
        return size
    (kernel, stride, padding), *rest = layers
    room = size + 2 * padding - kernel
    return chain_output(room // stride + 1, rest) if room >= 0 else 0


def smallest_accepted(layers):
    return next(size for size in range(1, 10**6) if chain_output(size, layers) > 0)
