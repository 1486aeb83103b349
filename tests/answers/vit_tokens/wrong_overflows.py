# fails: vit_tokens-2
def patch_tokens(size, patch):
    if size % patch:
        raise ValueError(f"{patch} does not divide {size}")
    return (size // patch) ** 2


def attention_cost(size, patch, dim, depth):
    import numpy as np

    n = (size // patch) ** 2 + 1
    with np.errstate(over="ignore"):
        return int(np.int32(2) * np.int32(n) * np.int32(n) * np.int32(dim) * np.int32(depth))
