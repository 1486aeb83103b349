# fails: vit_tokens-2
# a picture of one patch has no class token
def patch_tokens(size: int, patch: int) -> int:
    if size % patch:
        raise ValueError(f"{patch} does not divide {size}")
    return (size // patch) ** 2


def attention_cost(size, patch, dim, depth):
    n = patch_tokens(size, patch)
    n += n > 1
    return 2 * n * n * dim * depth
