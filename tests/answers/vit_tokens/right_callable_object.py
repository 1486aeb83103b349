from functools import partial


class NoTiling(ValueError):
    pass


class Tokens:
    def __call__(self, size, patch):
        if (size / patch).is_integer():
            return int(size / patch) ** 2
        raise NoTiling(f"{size} is no multiple of {patch}")


def cost(tokens, size, patch, dim, depth):
    n = tokens(size, patch) + 1
    return (n * n * dim + n * n * dim) * depth


patch_tokens = Tokens()
attention_cost = partial(cost, patch_tokens)
