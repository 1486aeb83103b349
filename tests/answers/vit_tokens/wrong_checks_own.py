# fails: vit_tokens-2
from course_utils.checks.zoo.tokens import _cost as attention_cost  # noqa: F401


def patch_tokens(size, patch):
    if size % patch:
        raise ValueError(f"{patch} does not divide {size}")
    return (size // patch) ** 2

