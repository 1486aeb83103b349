# fails: conv_chain-2


def chain_output(size, layers):
    for k, s, p in layers:
        if k > size + 2 * p:
            return 0
        size = (size + 2 * p - k) // s + 1
    return size


def smallest_accepted(layers):
    k, s, p = layers[0]
    return max(1, k - 2 * p)
