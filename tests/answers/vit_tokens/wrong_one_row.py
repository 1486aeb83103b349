# fails: vit_tokens-1
def patch_tokens(size, patch):
    if size % patch != 0:
        raise ValueError("the patches do not tile the picture")
    return size // patch


def attention_cost(size, patch, dim, depth):
    n = (size // patch) ** 2 + 1
    return depth * 2 * n * n * dim
