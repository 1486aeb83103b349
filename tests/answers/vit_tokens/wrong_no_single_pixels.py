# fails: vit_tokens-1
# patches of one pixel are refused
def attention_cost(size: int, patch: int, dim: int, depth: int) -> int:
    n = patch_tokens(size, patch) + 1
    return 2 * n * n * dim * depth


def patch_tokens(size, patch):
    if patch < 2 or size % patch:
        raise ValueError("no")
    return (size // patch) ** 2
