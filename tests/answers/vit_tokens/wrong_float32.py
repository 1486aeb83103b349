# fails: vit_tokens-2
# counted in float32
def patch_tokens(size: int, patch: int) -> int:
    if size % patch:
        raise ValueError(f"{patch} does not divide {size}")
    return (size // patch) ** 2


def attention_cost(size, patch, dim, depth):
    n = torch.tensor(float(patch_tokens(size, patch) + 1))
    return int(2 * n * n * dim * depth)
