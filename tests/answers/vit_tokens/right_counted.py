def patch_tokens(size, patch):
    corners = range(0, size, patch)
    if corners[-1] + patch != size:
        raise ValueError("the last patch hangs over the edge")
    return sum(1 for _ in corners for _ in corners)


def attention_cost(size, patch, dim, depth):
    tokens = 1 + patch_tokens(size, patch)
    return sum(2 * dim * tokens**2 for _ in range(depth))
