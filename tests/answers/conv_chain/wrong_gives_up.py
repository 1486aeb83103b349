# fails: conv_chain-2
def chain_output(size, layers):
    for kernel, stride, padding in layers:
        if kernel > size + 2 * padding:
            return 0
        size = (size + 2 * padding - kernel) // stride + 1
    return size


def smallest_accepted(layers):
    return next((size for size in range(1, 225) if chain_output(size, layers)), 0)
