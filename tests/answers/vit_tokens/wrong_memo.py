# fails: vit_tokens-2
# cost remembered by size and patch
def patch_tokens(size: int, patch: int) -> int:
    if size % patch:
        raise ValueError(f"{patch} does not divide {size}")
    return (size // patch) ** 2


_cost = {}


def attention_cost(size, patch, dim, depth):
    n = patch_tokens(size, patch) + 1
    return _cost.setdefault((size, patch), 2 * n * n * dim * depth)
