import numpy as np


def patch_tokens(size, patch):
    side, rest = np.divmod(size, patch)
    if rest:
        raise ValueError("the patches do not tile the picture")
    return int(side**2)


def attention_cost(size, patch, dim, depth):
    n = np.int64(patch_tokens(size, patch) + 1)
    return int(np.int64(2) * n**2 * np.int64(dim) * np.int64(depth))
