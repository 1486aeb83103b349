# fails: vit_tokens-2
def patch_tokens(size, patch):
    if size % patch:
        raise ValueError("patches do not tile the picture")
    return (size // patch) ** 2


def attention_cost(size, patch, dim, depth):
    n = patch_tokens(size, patch) + 1
    return 2 * n * n * dim * dim * depth
