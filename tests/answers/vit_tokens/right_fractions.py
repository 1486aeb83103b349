def attention_cost(size: int, patch: int, dim: int, depth: int) -> int:
    n = patch_tokens(size, patch) + 1
    return 2 * n * n * dim * depth


from fractions import Fraction


def patch_tokens(size, patch):
    side = Fraction(size, patch)
    if side.denominator != 1:
        raise ValueError(side)
    return side.numerator**2
