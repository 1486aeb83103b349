# fails: vit_tokens-1
def patch_tokens(size, patch):
    if size % patch and patch % 2 == 0:
        raise ValueError("patches do not tile the picture")
    return (size // patch) ** 2


def attention_cost(size, patch, dim, depth):
    n = patch_tokens(size, patch) + 1
    return 2 * n * n * dim * depth
