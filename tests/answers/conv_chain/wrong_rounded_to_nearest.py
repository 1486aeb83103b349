# fails: conv_chain-1 conv_chain-2
def smallest_accepted(layers):
    size = 1
    while chain_output(size, layers) == 0:
        size += 1
    return size


def chain_output(size, layers):
    for kernel, stride, padding in layers:
        if size + 2 * padding < kernel:
            return 0
        size = round((size + 2 * padding - kernel) / stride) + 1
    return size
