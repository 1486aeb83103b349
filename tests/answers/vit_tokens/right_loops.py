def patch_tokens(size, patch):
    rows = 0
    for top in range(0, size, patch):
        if top + patch > size:
            raise ValueError("a patch sticks out of the picture")
        rows += 1
    return rows * rows


def attention_cost(size, patch, dim, depth):
    n = patch_tokens(size, patch) + 1
    total = 0
    for _ in range(depth):
        scores = n * n * dim
        values = n * n * dim
        total += scores + values
    return total
