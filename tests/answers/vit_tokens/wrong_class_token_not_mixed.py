# fails: vit_tokens-2
def patch_tokens(size: int, patch: int) -> int:
    """Number of patches of a square picture; ValueError if `patch` does not divide `size`."""
    if size % patch != 0:
        raise ValueError(f"patches of {patch} do not tile {size} pixels")
    return (size // patch) ** 2


def attention_cost(size: int, patch: int, dim: int, depth: int) -> int:
    """Multiply-adds of comparing and mixing tokens in `depth` blocks, class token included."""
    patches = patch_tokens(size, patch)
    n = patches + 1
    compare = n * n * dim
    mix = n * patches * dim
    return depth * (compare + mix)
