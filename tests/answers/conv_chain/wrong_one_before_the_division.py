# fails: conv_chain-1 conv_chain-2
def smallest_accepted(layers):
    size = 1
    while chain_output(size, layers) == 0:
        size += 1
    return size


def chain_output(size, layers):
    for k, s, p in layers:
        if size + 2 * p < k:
            return 0
        size = (size + 2 * p - k + 1) // s
    return size
