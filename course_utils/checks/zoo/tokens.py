"""Check of exercise vit_tokens: tokens of a Vision Transformer, and what attention costs."""

from __future__ import annotations

from course_utils.checks.core import run
from course_utils.checks.mistakes import Mistake, brief
from course_utils.checks.report import Wrong
from course_utils.checks.zoo.expecting import expect


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
)
COSTS = (
    Mistake(
        lambda *case: _cost(*case, more=0),
        "the class token is missing",
        "n is the number of patches plus one",
    ),
    Mistake(
        lambda *case: _cost(*case, products=1),
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
        lambda *case: _cost(*case, products=4),
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
        lambda size, patch, dim, depth: _cost(size, patch, dim, depth) * dim // 64,
        "the cost is multiplied by the number of heads",
        "each head works on its part of dim: all heads together cost n * n * dim",
    ),
)
OTHER = ("another number", "work out 32 px with patch 16 by hand: two by two patches")


def counts(patch_tokens, _):
    """224 px with patches of 16 and of 4, 32 px with 4."""
    for size, patch in ((224, 16), (224, 4), (32, 4)):
        expected = _tokens(size, patch)
        got = patch_tokens(size, patch)
        expect(got, expected, TOKENS, lambda imitate, c=(size, patch): imitate(*c), OTHER)
    return "196, 3,136 and 64"


def refuses_rest(patch_tokens, _):
    """patches of 16 do not tile 230 px: ValueError."""
    try:
        got = patch_tokens(230, 16)
    except ValueError:
        return
    except (Wrong, NotImplementedError):
        raise
    except Exception as problem:
        likely, remedy = "another kind of exception", 'raise ValueError("...")'
        raise Wrong("ValueError", type(problem).__name__, likely, remedy) from None
    likely = "the rest of the division is dropped silently"
    raise Wrong("ValueError", brief(got), likely, "raise ValueError if size % patch is not 0")


def costs(_, attention_cost):
    """attention of ViT-Base at 224 px with patches of 16."""
    case = (224, 16, 768, 12)
    expect(attention_cost(*case), _cost(*case), COSTS, lambda imitate: imitate(*case), OTHER)


def costs_small(_, attention_cost):
    """and of a small one at 32 px."""
    case = (32, 8, 64, 3)
    expect(attention_cost(*case), _cost(*case), COSTS, lambda imitate: imitate(*case), OTHER)


CASES = (counts, refuses_rest, costs, costs_small)


def vit_tokens(patch_tokens, attention_cost) -> None:
    """Check the exercise on tokens and attention."""
    run("patch_tokens and attention_cost", CASES, patch_tokens, attention_cost)
