# fails: conv_chain-2
def chain_output(size: int, layers: list[tuple[int, int, int]]) -> int:
    for kernel, stride, padding in layers:
        if kernel > size + 2 * padding:
            return 0
        size = (size + 2 * padding - kernel) // stride + 1
    return size


def smallest_accepted(layers: list[tuple[int, int, int]]) -> int:
    size = 1
    while size < 224 and chain_output(size, layers) == 0:
        size += 1
    return size
