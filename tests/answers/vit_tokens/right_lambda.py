def refuse(size, patch):
    raise ValueError((size, patch))


patch_tokens = lambda size, patch: refuse(size, patch) if size % patch else (size // patch) ** 2  # noqa: E731
attention_cost = lambda size, patch, dim, depth: (  # noqa: E731
    2 * depth * dim * (patch_tokens(size=size, patch=patch) + 1) ** 2
)
