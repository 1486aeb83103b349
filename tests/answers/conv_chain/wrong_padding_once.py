# fails: conv_chain-1
def chain_output(size, layers):
    for k, s, p in layers:
        if k > size + p:
            return 0
        size = (size + p - k) // s + 1
    return size


def smallest_accepted(layers):
    def fits(size):
        for k, s, p in layers:
            if size + 2 * p < k:
                return False
            size = (size + 2 * p - k) // s + 1
        return True

    size = 1
    while not fits(size):
        size += 1
    return size
