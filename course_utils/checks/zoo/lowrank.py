"""Check of exercise lora: a frozen linear layer with a trainable update of low rank."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn

from course_utils.checks.core import must_work, needs, run
from course_utils.checks.mistakes import Mistake, brief, close, few, recognise
from course_utils.checks.report import Wrong
from course_utils.checks.trials import UNEXPLAINED
from course_utils.checks.unchanged import Kept
from course_utils.checks.unfilled import empty_is_nan
from course_utils.models.seeding import seeded

RANK, ALPHA, IN, OUT = 2, 5.0, 6, 4


SHAPES = (
    "parameters A and B",
    "one of them is missing, or of another shape",
    "A [rank, in] and B [out, rank], as nn.Parameter",
)


DROPPED = (
    "a dimension of 1 was dropped, and two shapes were broadcast",
    "squeeze(-1) drops the last dimension alone; x @ A.T needs no squeeze",
)
CUT_FROM_X = (
    "x, or the base's output, was cut off from autograd: layers before this one cannot learn",
    "freeze parameters with requires_grad alone; no torch.no_grad() and no detach() in forward",
)


class Adapter(Protocol):
    """What the exercise asks for."""

    A: Tensor
    B: Tensor

    def __call__(self, x: Tensor) -> Tensor: ...

    def merge(self) -> nn.Linear: ...

    def train(self, mode: bool) -> nn.Module: ...


def _base(bias: bool = True) -> nn.Linear:
    with seeded(3):
        return nn.Linear(IN, OUT, bias=bias)


def _inputs() -> Tensor:
    return torch.linspace(-1, 1, 3 * IN).view(3, IN)


def _filled(make) -> Adapter:
    """A layer of the student's with A and B that are not zero."""
    layer = make(_base(), RANK, ALPHA)
    with torch.no_grad(), must_work(*SHAPES):
        layer.A.copy_(_a())
        layer.B.copy_(_b())
    return layer


def _a() -> Tensor:
    return torch.linspace(-0.5, 1, RANK * IN).view(RANK, IN)


def _b() -> Tensor:
    return torch.linspace(1, -0.3, OUT * RANK).view(OUT, RANK)


def _expected(scale: float = ALPHA / RANK, base: bool = True, bias: bool = True) -> Tensor:
    layer, x = _base(), _inputs()
    with torch.no_grad():
        kept = layer(x) - (0 if bias else layer.bias)
        return (kept if base else 0) + scale * x @ (_b() @ _a()).T


NO_BASE = ("the base layer's output is missing", "add base(x)")
BY_CHANCE = (
    "a dropout, or other random numbers, are at work",
    "leave them out: no part of the statement draws any",
)
UNFILLED = (
    "torch.empty gives whatever lies in memory, and nobody wrote numbers there",
    "fill A at random, such as by nn.init.kaiming_uniform_, and B with zeros",
)
BOTH_RANDOM = ("neither A nor B is zero at the start", "let B begin at zero")
OTHER_START = (UNEXPLAINED, "print layer(x) - base(x): it is to be zero")
NO_BIAS = ("the base's bias is missing", "add base(x), not x @ base.weight.T")
BASE_SCALED = (
    "the base's output is multiplied by alpha / rank, too",
    "base(x) + alpha / rank * (the update of x)",
)
BIAS_TWICE = ("the base's bias is added twice", "base(x) has it already")
STARTS = (
    Mistake(lambda: torch.zeros(3, OUT), *NO_BASE),
    Mistake(lambda: _expected(0.0, bias=False), *NO_BIAS),
    Mistake(lambda: ALPHA / RANK * _expected(0.0), *BASE_SCALED),
    Mistake(lambda: _expected(0.0) + _base().bias.detach(), *BIAS_TWICE),
)
OUTPUTS = (
    Mistake(lambda: ALPHA / RANK * _expected(1.0), *BASE_SCALED),
    Mistake(lambda: _expected() + _base().bias.detach(), *BIAS_TWICE),
    Mistake(
        lambda: _expected(0.0) + ALPHA / RANK * (_inputs() @ _a().T).relu() @ _b().T,
        "a ReLU stands between A and B: no one matrix could do that, and merge() cannot hold it",
        "apply A, then B, and nothing between them",
    ),
    Mistake(lambda: _expected(1.0), "the scale is missing", "multiply the update by alpha / rank"),
    Mistake(
        lambda: _expected(ALPHA),
        "the update is multiplied by alpha alone",
        "divide alpha by rank",
    ),
    Mistake(
        lambda: _expected(ALPHA // RANK),
        "alpha is divided by rank as whole numbers",
        "alpha / rank, not alpha // rank",
    ),
    Mistake(
        lambda: _expected(ALPHA * RANK),
        "alpha is multiplied by rank",
        "divide alpha by rank",
    ),
    Mistake(
        lambda: _expected(ALPHA / RANK**0.5),
        "alpha is divided by the root of rank",
        "divide alpha by rank itself",
    ),
    Mistake(
        lambda: _expected((ALPHA / RANK) ** 2),
        "the scale is multiplied in twice",
        "multiply the update by alpha / rank once",
    ),
    Mistake(lambda: _expected(bias=False), *NO_BIAS),
    Mistake(
        lambda: _expected(RANK / ALPHA),
        "the scale is upside down",
        "alpha / rank, not rank / alpha",
    ),
    Mistake(lambda: _expected(base=False), *NO_BASE),
)
MERGES = (
    Mistake(
        lambda: _expected(bias=False),
        "the merged layer has lost the bias",
        "copy the base's bias into the new layer",
    ),
    Mistake(
        lambda: _expected(1.0),
        "the update was merged without its scale",
        "weight + alpha / rank * B @ A",
    ),
    Mistake(
        lambda: _expected(0.0),
        "the merged layer is the base alone",
        "add the update to the copied weight",
    ),
)
RANDOM_BIAS = (
    "the weight is right, but the bias is not the base's: nn.Linear begins with a random one",
    "copy the base's bias into the new layer",
)
OTHER = (UNEXPLAINED, "print the shapes: x [N, in], A [rank, in], B [out, rank]")


def starts_equal(make):
    """at the start it gives what the base gives."""
    with empty_is_nan():
        layer = make(_base(), RANK, ALPHA)
    got, expected = _output(layer), _expected(0.0)
    if _update(layer).isnan().any():
        raise Wrong("A at random, B at zero", "numbers of no meaning in A or B", *UNFILLED)
    if not close(got, expected):
        otherwise = OTHER_START if not _update(layer).any() else BOTH_RANDOM
        likely = recognise(got, expected, STARTS, lambda imitate: imitate(), otherwise)
        raise Wrong("the base's output", "another output", *likely)
    update = _update(layer)
    if update.any():
        cause = "the start is nearly that of the base, not exactly: B is small, and not zero"
        raise Wrong("B @ A = 0", f"entries up to {update.abs().max():.0e}", cause, "let B begin at zero")


def trains_two(make):
    """A and B are trainable, and nothing else."""
    base = _base()
    layer = make(base, RANK, ALPHA)
    trainable = {n: list(p.shape) for n, p in layer.named_parameters() if p.requires_grad}
    expected = {"A": [RANK, IN], "B": [OUT, RANK]}
    if trainable == expected:
        return f"{RANK * IN + OUT * RANK} parameters"
    if set(trainable) > {"A", "B"}:
        likely = "another tensor trains beside A and B", "make it no nn.Parameter"
        if any(p is q for p in layer.parameters() for q in base.parameters() if q.requires_grad):
            likely = "the base is not frozen", "requires_grad_(False) on the base"
    else:
        likely = (
            "A and B are no parameters, or of other shapes",
            "self.A = nn.Parameter(...), float [rank, in]; B [out, rank]",
        )
    raise Wrong(expected, trainable, *likely)


@needs(trains_two)
def gives_formula(make):
    """with given A and B the output follows the formula."""
    layer, expected = _filled(make), _expected()
    if not close(_output(layer), _output(layer)):
        raise Wrong("the same output for the same x", "two outputs", *BY_CHANCE)
    for _ in range(2):
        got = _output(layer)
        if not close(got, expected):
            likely = recognise(got, expected, OUTPUTS, lambda imitate: imitate(), OTHER)
            raise Wrong(brief(expected[0].tolist()), brief(got[0].tolist()), *likely)


@needs(starts_equal, gives_formula)
def learns(make):
    """it can learn, and the base stays frozen."""
    base = _base()
    layer = make(base, RANK, ALPHA)
    optimizer = torch.optim.SGD([p for p in layer.parameters() if p.requires_grad], lr=0.1)
    with must_work("a gradient", "no gradient reaches A and B", "let the output depend on them"):
        for _ in range(3):
            optimizer.zero_grad()
            layer(_inputs()).square().sum().backward()
            optimizer.step()
    if close(_output(layer), _expected(0.0)):
        likely = "A and B are both zero: each one's gradient is a product with the other"
        if layer.A.any() or layer.B.any():
            likely = UNEXPLAINED
        raise Wrong("another output", "still the base's output", likely, "let A begin at random, B at zero")
    if still := [name for name in "AB" if _without_gradient(getattr(layer, name))]:
        likely = "the output does not depend on it as far as autograd knows: it was detached"
        raise Wrong("gradients for A and B", f"none for {still[0]}", likely, "use A and B themselves")
    if any(p.grad is not None for p in base.parameters()):
        likely = "the base is hidden from the layer's parameters, and not frozen"
        raise Wrong("no gradient for the base", "one", likely, "requires_grad_(False) on the base")


@needs(gives_formula)
def follows_a_and_b(make):
    """when B changes, so does the output, in eval mode too."""
    layer = _filled(make)
    layer.train(False)
    layer(_inputs())
    with torch.no_grad():
        layer.B.mul_(2)
    got, expected = _output(layer), _expected(2 * ALPHA / RANK)
    if not close(got, expected):
        likely = "a product of A and B was kept from an earlier pass"
        raise Wrong(brief(expected[0].tolist()), brief(got[0].tolist()), likely, "use A and B in each pass")


@needs(gives_formula)
def takes_any_shape(make):
    """inputs of any shape [..., in]."""
    layer, x = _filled(make), _inputs()
    for shape in ((IN,), (1, 3, IN), (3, 1, IN)):
        given, expected = x[:1].reshape(IN) if len(shape) == 1 else x.view(shape), _expected()
        with must_work(f"an output for x {list(shape)}", "only [N, in] is taken", "use F.linear, or x @ A.T"):
            with torch.no_grad():
                got = layer(given)
        if got.shape[:-1] != shape[:-1] and len(shape) == 3:
            raise Wrong(f"an output {[*shape[:-1], OUT]}", brief(got), *DROPPED)
        if not close(got.reshape(-1, OUT), expected[: got.numel() // OUT]):
            raise Wrong(f"[..., {OUT}] as for [N, in]", brief(got), UNEXPLAINED, "use F.linear, or x @ A.T")


@needs(gives_formula)
def passes_gradients_on(make):
    """gradients reach x, through base and update."""
    layer, x = _filled(make), _inputs().requires_grad_()
    with must_work("a gradient for x", *CUT_FROM_X):
        (got,) = torch.autograd.grad(layer(x).sum(), x)
    update = ALPHA / RANK * (_b() @ _a())
    expected = (_base().weight + update).sum(dim=0).detach()
    if not close(got[0], expected):
        raise Wrong(brief(expected.tolist()), brief(got[0].tolist()), *CUT_FROM_X)


@needs(gives_formula)
def merges(make):
    """merge() gives one plain layer with the same output."""
    layer = _filled(make)
    merged = layer.merge()
    if type(merged) is not nn.Linear:
        cause = "a `return` is missing" if merged is None else "another kind of layer"
        raise Wrong("an nn.Linear", brief(merged), cause, "make an nn.Linear and fill its weight")
    with must_work(
        "a layer like the base", "it is of another dtype or shape", "start with a copy of the base"
    ):
        got, expected = _output(merged), _expected()
    if not close(got, expected):
        same_weight = close(merged.weight, _base().weight + ALPHA / RANK * _b() @ _a())
        otherwise = RANDOM_BIAS if same_weight else OTHER
        likely = recognise(got, expected, MERGES, lambda imitate: imitate(), otherwise)
        raise Wrong(brief(expected[0].tolist()), brief(got[0].tolist()), *likely)


@needs(merges)
def merges_again(make):
    """merge() after more training gives the new output."""
    layer = _filled(make)
    first = layer.merge()
    with torch.no_grad():
        layer.B.mul_(2)
    second, expected = layer.merge(), _output(layer)
    if second is first or not close(_output(second), expected):
        likely = "the first merged layer was kept and is given again, or it is the base itself"
        raise Wrong("a layer merged anew", "another output", likely, "make a new layer at each call")


@needs(merges)
def merges_without_bias(make):
    """and without a bias where the base has none."""
    with must_work("a layer", "the base has a bias of None", "ask: if base.bias is not None"):
        merged = make(_base(bias=False), RANK, ALPHA).merge()
    if merged.bias is not None:
        likely = "nn.Linear has a bias unless told otherwise, and it is random"
        raise Wrong("no bias", "a bias", likely, "nn.Linear(..., bias=base.bias is not None)")


@needs(merges)
def leaves_base(make):
    """merge() changes nothing and shares nothing."""
    base = _base()
    layer = make(base, RANK, ALPHA)
    with torch.no_grad():
        layer.A.copy_(_a())
        layer.B.copy_(_b())
    before, kept = _base(), Kept(layer)
    merged = layer.merge()
    if changes := kept.changes():
        likely = "the layer itself was changed, not a copy"
        raise Wrong("the layer as before", f"changed: {few(changes)}", likely, "copy the weight first")
    if not (torch.equal(base.weight, before.weight) and torch.equal(base.bias, before.bias)):
        likely = "the update was added to the base's own weight: it counts twice now"
        raise Wrong("the base as before", "another weight", likely, "copy the weight first")
    places = {p.data_ptr() for p in (*base.parameters(), *layer.parameters())}
    early = make(base, RANK, ALPHA).merge()
    both = (*merged.named_parameters(), *early.named_parameters())
    if shared := [name for name, p in both if p.data_ptr() in places]:
        likely = "the merged layer shares tensors with the base: training one changes the other"
        raise Wrong("a new layer", f"shared: {few(shared)}", likely, "copy weight and bias: clone()")


CASES = (
    starts_equal,
    trains_two,
    gives_formula,
    learns,
    follows_a_and_b,
    takes_any_shape,
    passes_gradients_on,
    merges,
    merges_again,
    merges_without_bias,
    leaves_base,
)


def lora(make) -> None:
    """Check the exercise on a low-rank update."""
    run("LoRALinear", CASES, make)


def _without_gradient(p: Tensor) -> bool:
    return p.grad is None or not p.grad.any()


def _update(layer: Adapter) -> Tensor:
    with torch.no_grad(), must_work(*SHAPES):
        return layer.B @ layer.A


def _output(layer: Callable[[Tensor], Tensor]) -> Tensor:
    with torch.no_grad():
        return layer(_inputs())
