"""Check of exercise zero_shot: a head from text embeddings."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief
from course_utils.checks.report import Wrong
from course_utils.checks.trials import Trial, expect

SCALE = 1117.5


def _texts(prompts: int, classes: int = 3, short: bool = False) -> Tensor:
    """Embeddings [classes, prompts, 4] of very unequal lengths, all of them below 0.003 if short."""
    g = torch.Generator().manual_seed(11)
    lengths = 1 + torch.arange(classes * prompts).view(classes, prompts, 1)
    return torch.randn(classes, prompts, 4, generator=g) * lengths / (10_000 if short else 1)


def _unit(t: Tensor, added: float = 0.0) -> Tensor:
    return t / (t.norm(dim=-1, keepdim=True) + added)


def _by_sum(t: Tensor) -> Tensor:
    return t / t.abs().sum(dim=-1, keepdim=True)


def _weight(texts: Tensor) -> Tensor:
    return SCALE * _unit(_unit(texts).mean(1))


WEIGHTS = (
    Mistake(
        lambda t: SCALE * t.mean(1),
        "the embeddings were not given length 1",
        "divide by the length over the last dimension, before and after the mean, one prompt or several",
    ),
    Mistake(
        lambda t: _unit(_unit(t).mean(1)),
        "the scale is missing",
        "multiply the directions by logit_scale",
    ),
    Mistake(
        lambda t: SCALE * _weight(t),
        "the scale is multiplied in twice",
        "multiply the directions by logit_scale once",
    ),
    Mistake(
        lambda t: _weight(t) / SCALE**2,
        "the directions are divided by the scale",
        "multiply by logit_scale",
    ),
    Mistake(
        lambda t: SCALE * _unit(t).sum(1),
        "this is the sum over prompts",
        "take the mean, and give it length 1 again",
    ),
    Mistake(
        lambda t: SCALE * _unit((t / t.norm(dim=0, keepdim=True)).mean(1)),
        "the length is taken over the classes",
        "F.normalize(t, dim=-1): the length of each prompt",
    ),
    Mistake(
        lambda t: torch.tensor(SCALE).log() * _unit(_unit(t).mean(1)),
        "the logarithm of the scale was taken",
        "logit_scale is the factor itself",
    ),
    Mistake(
        lambda t: torch.tensor(SCALE).exp() * _unit(_unit(t).mean(1)),
        "the scale was exponentiated",
        "logit_scale is the factor itself",
    ),
    Mistake(
        lambda t: SCALE * _unit(_unit(t).reshape(t.shape[1], t.shape[0], -1).mean(0)),
        "[C, P, D] was reshaped to [P, C, D]: so the mean goes over prompts of different classes",
        "take the mean over dimension 1; only transpose or permute changes the order of dimensions",
    ),
    Mistake(
        lambda t: SCALE * _unit(t).mean(1) / _unit(t).mean(1).norm(),
        "the second length is that of the whole matrix, one number for all classes",
        "the length of each row: F.normalize(mean, dim=-1), or norm(dim=-1, keepdim=True)",
    ),
    Mistake(
        lambda t: SCALE * _unit(t.mean(1)),
        "long prompts weigh more: the mean is taken before they have length 1",
        "give each prompt length 1 first",
    ),
    Mistake(
        lambda t: SCALE * _unit(t).mean(1),
        "the mean over prompts is shorter than 1",
        "give the mean length 1 again",
    ),
    Mistake(
        lambda t: int(SCALE) * _unit(_unit(t).mean(1)),
        "the scale is rounded",
        "multiply by logit_scale as it is",
    ),
    Mistake(
        lambda t: SCALE * _by_sum(_by_sum(t).mean(1)),
        "the length is taken for the sum of absolute values",
        "the length is the root of the sum of squares: F.normalize(t, dim=-1)",
    ),
    Mistake(
        lambda t: SCALE * _unit(_unit(t).median(1).values),
        "this is the median over prompts",
        "take the mean over dimension 1",
    ),
    Mistake(
        lambda t: SCALE * _unit(_unit(t).mean(1)).softmax(dim=-1),
        "a softmax was taken",
        "the weight is a direction times logit_scale; softmax belongs to the logits",
    ),
    Mistake(
        lambda t: 100.0 * _unit(_unit(t).mean(1)),
        "the scale is always 100, or never more",
        "multiply by the argument logit_scale",
    ),
    *(
        Mistake(
            lambda t, dtype=dtype: _weight(t).to(dtype).float(),
            "the weight was rounded to 16 bits",
            "stay in the dtype of the embeddings",
        )
        for dtype in (torch.float16, torch.bfloat16)
    ),
    Mistake(
        lambda t: _weight(t).T if len(t) == t.shape[-1] else _weight(t),
        "the weight is transposed; where there are as many classes as dimensions, no shape tells",
        "a row for each class: [C, D]",
    ),
    Mistake(
        lambda t: SCALE * _unit(t)[:, -1],
        "only the last prompt of each class is used",
        "take the mean over dimension 1",
    ),
    Mistake(
        lambda t: SCALE * _unit(t)[:, 0],
        "only the first prompt of each class is used",
        "take the mean over dimension 1",
    ),
    Mistake(
        lambda t: SCALE * nn.functional.normalize(nn.functional.normalize(t).mean(1)),
        "the length is taken over the prompts",
        "F.normalize(t, dim=-1); its default is dimension 1",
    ),
)
ADDED = tuple(
    Mistake(
        lambda t, small=small: SCALE * _unit(_unit(t, small).mean(1), small),
        "a small number is added to the lengths: short embeddings do not get length 1",
        "divide by the length itself",
    )
    for small in (1e-3, 1e-4, 1e-5, 1e-6)
)
ROWS = "print the length of each row of the weight: it should be logit_scale"


def is_linear(zero_shot_head):
    """a linear layer without bias, [D -> C]."""
    head = zero_shot_head(_texts(1), SCALE)
    if type(head) is not nn.Linear:
        likely = "a `return` is missing" if head is None else "another kind of object"
        raise Wrong("an nn.Linear", brief(head), likely, "return an nn.Linear(D, C, bias=False)")
    if head.bias is not None:
        likely = "it adds random numbers to the logits"
        if not head.bias.any():
            likely = "its zeros change no logit, but they are parameters, and training would move them"
        raise Wrong("no bias", "a bias", likely, "bias=False")
    shape = tuple(head.weight.shape)
    if shape != (3, 4):
        known = {(4, 3): "transposed", (1, 4): "the mean was taken over the classes"}
        likely = known.get(shape, "another shape")
        remedy = "its weight is [C, D]: a row for each class; the prompts are dimension 1"
        raise Wrong("weight [3, 4]", f"weight {list(shape)}", likely, remedy)


@needs(is_linear)
def one_prompt(zero_shot_head):
    """one prompt a class: scaled cosine similarity."""
    for classes in (3, 4, 1):
        _expect(zero_shot_head, 1, classes=classes)


@needs(one_prompt)
def several_prompts(zero_shot_head):
    """several prompts a class, of unequal lengths."""
    _expect(zero_shot_head, 2, 3)
    _expect(zero_shot_head, 2, 3, short=True)


@needs(is_linear)
def leaves_the_texts(zero_shot_head):
    """the embeddings stay as they are."""
    texts = _texts(3)
    zero_shot_head(texts, SCALE)
    if texts.requires_grad:
        likely = "requires_grad was set on the caller's embeddings"
        raise Wrong("the same embeddings", "embeddings that train", likely, "only the head's weight trains")
    if not torch.equal(texts, _texts(3)):
        likely = "they were divided in place: the caller's embeddings are changed"
        raise Wrong("the same embeddings", "others", likely, "write t / length, not t /= length")


CASES = (is_linear, one_prompt, several_prompts, leaves_the_texts)


def zero_shot(zero_shot_head) -> None:
    """Check the exercise on a head from texts."""
    run("zero_shot_head", CASES, zero_shot_head)


def _expect(zero_shot_head, *prompts: int, classes: int = 3, short: bool = False) -> None:
    trials = [
        Trial(
            f"{'short ' if short else ''}embeddings [{classes}, {n}, 4], logit_scale {SCALE}",
            lambda answer, n=n: _made(answer, _texts(n, classes, short)),
            _weight(_texts(n, classes, short)),
        )
        for n in prompts
    ]
    expect(zero_shot_head, trials, (*ADDED, *WEIGHTS) if short else WEIGHTS, ROWS, rtol=1e-4)


def _made(answer, texts: Tensor) -> Tensor:
    """The weight of an answer's head, or what a mistake gives in its place."""
    if any(answer is mistake.imitate for mistake in (*ADDED, *WEIGHTS)):
        return answer(texts)
    return answer(texts.clone(), SCALE).weight.detach()
