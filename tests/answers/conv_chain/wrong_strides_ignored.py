# fails: conv_chain-2
def chain_output(size, layers):
    for kernel, stride, padding in layers:
        if size + 2 * padding < kernel:
            return 0
        size = (size + 2 * padding - kernel) // stride + 1
    return size


def smallest_accepted(layers):
    return sum(k - 1 for k, _, _ in layers) + 1
