"""Check of exercise vit_tokens: tokens of a Vision Transformer, and what attention costs."""

from __future__ import annotations

from functools import partial

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief
from course_utils.checks.report import Wrong
from course_utils.checks.trials import Trial, expect


def _tokens(size: int, patch: int) -> int:
    return (size // patch) ** 2


def _cost(size: int, patch: int, dim: int, depth: int, more: int = 1, products: int = 2) -> int:
    return products * (_tokens(size, patch) + more) ** 2 * dim * depth


TOKENS = (
    Mistake(
        lambda size, patch: _tokens(size, patch) + 1,
        "the class token is counted",
        "it belongs to attention_cost; here count the patches",
    ),
    Mistake(
        lambda size, patch: size // patch,
        "these are the patches of one row",
        "a picture has as many rows as columns",
    ),
    Mistake(
        lambda size, patch: _tokens(size, patch) * patch**2,
        "these are the pixels",
        "a patch has patch * patch of them",
    ),
    Mistake(
        lambda size, patch: 3 * _tokens(size, patch),
        "the three colours are counted apart",
        "a patch is one token, with all its colours",
    ),
)


def _pairs(n: int) -> int:
    return n * (n - 1)


COSTS = (
    Mistake(
        lambda size, patch, dim, depth: 2 * (_tokens(size, patch) ** 2 + 1) * dim * depth,
        "the class token is added after squaring",
        "n is the number of patches plus one; square that",
    ),
    Mistake(
        lambda size, patch, dim, depth: 2 * (_tokens(size, patch) + 1) ** 2 * depth,
        "the width of a token is left out",
        "each comparison is a product of dim numbers",
    ),
    Mistake(
        partial(_cost, more=0),
        "the class token is missing",
        "n is the number of patches plus one",
    ),
    Mistake(
        partial(_cost, more=2),
        "two tokens are added to the patches",
        "n is the number of patches plus one",
    ),
    Mistake(
        lambda size, patch, dim, depth: 2 * _pairs(_tokens(size, patch) + 1) * dim * depth,
        "a token is not compared with itself",
        "n tokens with n tokens: n * n",
    ),
    Mistake(
        lambda size, patch, dim, depth: (
            sum((_tokens(size, patch) + more) * (_tokens(size, patch) + 1) for more in (0, 1)) * dim * depth
        ),
        "the class token counts in one of the two products only",
        "n is the number of patches plus one, in comparing and in mixing",
    ),
    Mistake(
        lambda size, patch, dim, depth: _cost(size, patch, dim, depth) * dim,
        "dim is counted twice",
        "a product of two tokens costs dim multiply-adds",
    ),
    Mistake(
        lambda size, patch, dim, depth: _cost(size, patch, dim, depth) * depth,
        "depth is counted twice",
        "multiply by depth once",
    ),
    Mistake(
        partial(_cost, products=1),
        "only one of the two products is counted",
        "comparing and mixing cost n * n * dim each",
    ),
    Mistake(
        lambda size, patch, dim, depth: _cost(size, patch, dim, 1),
        "this is the cost of one block",
        "multiply by depth",
    ),
    Mistake(
        lambda size, patch, dim, depth: 2 * (_tokens(size, patch) + 1) * dim * depth,
        "every token is compared with one other only",
        "n tokens with n tokens: n * n",
    ),
    Mistake(
        partial(_cost, products=4),
        "operations are counted, two for each multiply-add",
        "count a multiplication and its addition as one",
    ),
    Mistake(
        lambda size, patch, dim, depth: (
            _cost(size, patch, dim, depth) + 4 * (_tokens(size, patch) + 1) * dim**2 * depth
        ),
        "the linear maps to queries, keys and values are counted too",
        "the two products of tokens with tokens only: n * n * dim each",
    ),
    Mistake(
        lambda size, patch, dim, depth: _cost(size, patch, dim, depth) * (dim // 64),
        "the cost is multiplied by the number of heads",
        "each head works on its part of dim: all heads together cost n * n * dim",
    ),
    Mistake(
        lambda *case: (_cost(*case) + 2**31) % 2**32 - 2**31,
        "the cost is too large for 32 bits, and has wrapped",
        "count with Python's own ints",
    ),
)
REST = "the rest of the division is dropped silently", "raise ValueError if size % patch is not 0"
AREA = "it is asked whether the patch divides the area, not the side", REST[1]
LARGER = "a patch larger than the picture does not tile it", REST[1]
BY_HAND = "work out 32 px with patch 16 by hand: two by two patches"


def counts(patch_tokens, _):
    """32 px with patches of 16 and of 4, 224 px, one patch."""
    sizes = ((16, 16), (32, 16), (3, 1), (32, 4), (224, 16), (224, 4))
    trials = [Trial(_told(*case), lambda answer, case=case: answer(*case), _tokens(*case)) for case in sizes]
    expect(patch_tokens, trials, TOKENS, BY_HAND)
    return ", ".join(f"{trial.expected:,}" for trial in trials)


def refuses_rest(patch_tokens, _):
    """patches that do not tile the picture: ValueError."""
    cases = ((230, 16, REST), (225, 224, REST), (10, 3, REST), (6, 4, AREA), (8, 16, LARGER))
    for size, patch, cause in cases:
        try:
            got = patch_tokens(size, patch)
        except ValueError:
            continue
        except (Wrong, NotImplementedError):
            raise
        except Exception as problem:
            likely, remedy = "another kind of exception", 'raise ValueError("...")'
            raise Wrong("ValueError", type(problem).__name__, likely, remedy, _told(size, patch)) from None
        raise Wrong("ValueError", brief(got), *cause, _told(size, patch))


def costs(_, attention_cost):
    """attention of small models at 32 px."""
    _expect_cost(attention_cost, (16, 16, 1, 1), (32, 16, 64, 1), (32, 16, 65, 1), (32, 8, 100, 3))


@needs(costs)
def costs_base(_, attention_cost):
    """attention of ViT-Base at 224 px, ViT-Large at 384 px."""
    _expect_cost(attention_cost, (3996, 4, 12_289, 97))  # beyond 2**53, where floats leave numbers out
    return f"{_expect_cost(attention_cost, (224, 16, 768, 12), (225, 15, 769, 13), (384, 8, 1024, 24)):,}"


CASES = (counts, refuses_rest, costs, costs_base)


def vit_tokens(patch_tokens, attention_cost) -> None:
    """Check the exercise on tokens and attention."""
    run("patch_tokens and attention_cost", CASES, patch_tokens, attention_cost)


def _expect_cost(attention_cost, *cases: tuple[int, int, int, int]) -> int:
    trials = [
        Trial(
            f"{_told(*case[:2])}, dim {case[2]}, {case[3]} blocks",
            lambda answer, case=case: answer(*case),
            _cost(*case),
        )
        for case in cases
    ]
    expect(attention_cost, trials, COSTS, BY_HAND)
    return _cost(*cases[-1])


def _told(size: int, patch: int) -> str:
    return f"{size} px, patches of {patch}"
