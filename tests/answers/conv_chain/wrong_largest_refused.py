# fails: conv_chain-2
def chain_output(size, layers):
    for k, s, p in layers:
        if k > size + 2 * p:
            return 0
        size = (size + 2 * p - k) // s + 1
    return size


def smallest_accepted(layers):
    size = 1
    while chain_output(size + 1, layers) == 0:
        size += 1
    return size
