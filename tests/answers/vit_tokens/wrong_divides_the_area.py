# fails: vit_tokens-1
def patch_tokens(size: int, patch: int) -> int:
    """Number of patches of a square picture; ValueError if `patch` does not divide `size`."""
    pixels = size * size
    if pixels % patch != 0:
        raise ValueError(f"patches of {patch} do not tile {size} pixels")
    return pixels // (patch * patch)


def attention_cost(size: int, patch: int, dim: int, depth: int) -> int:
    """Multiply-adds of comparing and mixing tokens in `depth` blocks, class token included."""
    n = patch_tokens(size, patch) + 1
    return 2 * n * n * dim * depth
