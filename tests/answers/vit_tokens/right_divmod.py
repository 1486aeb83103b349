def patch_tokens(size, patch):
    side, rest = divmod(size, patch)
    if rest:
        raise ValueError(f"{rest} pixels are left over")
    return side * side


def attention_cost(size, patch, dim, depth):
    tokens = patch_tokens(size, patch) + 1
    scores = tokens * tokens * dim
    mixing = tokens * tokens * dim
    return depth * (scores + mixing)
