def chain_output(size, layers):
    for kernel, stride, padding in layers:
        size = (size + 2 * padding - kernel + stride) // stride
        if size <= 0:
            return 0
    return size


def smallest_accepted(layers):
    wanted = 1
    for kernel, stride, padding in reversed(layers):
        wanted = max((wanted - 1) * stride + kernel - 2 * padding, 1)
    return wanted
