# fails: conv_chain-1
def chain_output(size, layers):
    for kernel, stride, padding in layers:
        if size + 2 * padding < kernel:
            return 0
        size = (size + 2 * padding - kernel) // stride + 1
    return [size, size]


def accepts(size, layers):
    for kernel, stride, padding in layers:
        if kernel > size + 2 * padding:
            return False
        size = (size + 2 * padding - kernel) // stride + 1
    return True


def smallest_accepted(layers):
    size = 1
    while not accepts(size, layers):
        size += 1
    return size
