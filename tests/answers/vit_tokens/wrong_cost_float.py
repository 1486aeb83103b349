# fails: vit_tokens-2
def patch_tokens(size, patch):
    if size % patch:
        raise ValueError(f"{patch} does not divide {size}")
    return (size // patch) ** 2


def attention_cost(size, patch, dim, depth):
    n = (size // patch) ** 2 + 1
    return 2.0 * n * n * dim * depth
