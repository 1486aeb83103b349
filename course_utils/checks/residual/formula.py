"""Check of exercise gradient_formula: Jacobians of F, of x + F(x), and behind the ReLU."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.autograd.functional import jacobian

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.checks.residual.tiny import noise

MATRIX = noise(4, 4, seed=3).double()
WEIGHT = nn.Parameter(MATRIX.clone())
Function = Callable[[Tensor], Tensor]


def _linear(x: Tensor) -> Tensor:
    return MATRIX @ x


def _bent(x: Tensor) -> Tensor:
    return torch.sin(MATRIX @ x)


def _rounded(x: Tensor) -> Tensor:
    """Steps, through which autograd sends the gradient of a straight line."""
    return MATRIX @ (x + (x.round() - x).detach())


def _with_parameter(x: Tensor) -> Tensor:
    return torch.sin(WEIGHT @ x)


def _nothing(x: Tensor) -> Tensor:
    return 0 * x


# Each makes something of dF/dx in the place of dF/dx.
BRANCH_MISTAKES = (
    *(
        Mistake(
            of_sum,
            "the gradient of the sum of all outputs: a vector, not a matrix",
            "take the gradient of each output by itself, one row each",
        )
        for of_sum in (
            lambda d: d.sum(dim=0),
            lambda d: d.sum(dim=0).expand(len(d), -1),
            lambda d: torch.diag(d.sum(dim=0)),
        )
    ),
    Mistake(
        lambda d: d.cumsum(dim=0),
        "each row has those above it added: the gradient of one output stays for the next",
        "clear .grad before each backward(), or take torch.autograd.grad",
    ),
    Mistake(
        lambda d: d.T,
        "rows and columns have changed places",
        "row = output, column = input",
    ),
    Mistake(
        lambda d: d.diagonal(),
        "only the diagonal is kept: each output depends on all inputs",
        "return the whole matrix",
    ),
    Mistake(
        lambda d: d + torch.eye(len(d)),
        "this is dH/dx already",
        "dF/dx comes first",
    ),
)
# Each in the place of dH/dx.
SUM_MISTAKES = (
    Mistake(
        lambda d: d + 1,
        "1 was added to every entry: the 1 of the formula is the identity matrix",
        "add torch.eye(n)",
    ),
    Mistake(
        lambda d: d,
        "the shortcut's part is missing",
        "x has the derivative 1 with respect to itself: the identity matrix",
    ),
    Mistake(
        lambda d: d.T + torch.eye(len(d)),
        "rows and columns are exchanged in dH/dx",
        "row = output, column = input",
    ),
    *(
        Mistake(
            lambda d, branch=branch.imitate: branch(d) + torch.eye(len(d)),
            "dF/dx is in it, and that is wrong already",
            "repair dF/dx first",
        )
        for branch in BRANCH_MISTAKES
    ),
)
# Each in the place of dR/dx.
RELU_MISTAKES = (
    Mistake(
        lambda d, h: d + torch.eye(len(d)),
        "the ReLU is missing: where the sum is negative, the gradient is zero",
        "set the rows to zero whose H is not above zero",
    ),
    Mistake(
        lambda d, h: d * (h > 0)[:, None],
        "the shortcut's part is missing: this is the mask times dF/dx",
        "mask[:, None] * dH/dx",
    ),
    Mistake(
        lambda d, h: (d + torch.eye(len(d))) * (h > 0),
        "the mask lies on the columns: the ReLU belongs to the outputs, that is the rows",
        "mask[:, None] * matrix",
    ),
    Mistake(
        lambda d, h: (d + torch.eye(len(d))).clamp_min(0),
        "the ReLU was applied to the derivative",
        "its slope is 1 where H is above zero, else 0",
    ),
    Mistake(
        lambda d, h: d * (h > 0)[:, None] + torch.eye(len(d)),
        "the shortcut goes round the ReLU: then it would be x + relu(F(x))",
        "the ReLU comes after the sum: its mask is for both terms",
    ),
    Mistake(
        lambda d, h: (d + torch.eye(len(d))) * (h < 0)[:, None],
        "the mask is turned round",
        "rows stay where H is above zero",
    ),
    Mistake(
        lambda d, h: (d + torch.eye(len(d))) * torch.where(h > 0, 1.0, 0.01)[:, None],
        "this is a leaky ReLU",
        "relu's slope is 0 where H is not above zero",
    ),
    Mistake(
        lambda d, h: (d + torch.eye(len(d))) * (h > 1e-9)[:, None],
        "a sum just above zero counts as zero",
        "relu's slope is 1 wherever H is above zero, however little: H > 0",
    ),
    Mistake(
        lambda d, h: (d + torch.eye(len(d))) * ((1 + h.sign()) / 2)[:, None],
        "where H is exactly zero half of the slope is left, as autograd gives it for (H + |H|) / 2",
        "there relu's slope counts as 0: use torch.relu, or the mask H > 0",
    ),
    Mistake(
        lambda d, h: (d + torch.eye(len(d))) * (h >= 0)[:, None],
        "rows stay where H is exactly zero",
        "there relu's slope counts as 0: H > 0",
    ),
)
OTHER = (
    "none of the usual mistakes explains this",
    "torch.autograd.functional.jacobian(function, x) gives the right kind",
)
ROUGH = (
    "right to a few digits only: finite differences, or float32 on the way",
    "let autograd differentiate, and stay in the dtype of x",
)
ONE_TENSOR = (
    "it is the same tensor as another of the three: what was changed in one has changed in the other",
    "make a new one for each: d_h = d_f + identity, d_r = mask[:, None] * d_h",
)
DETACH = "autograd history is still attached"


def differentiates_the_branch(unit_jacobians):
    """dF/dx of a linear and of a bent function."""
    for function in (_linear, _bent):
        x = _point()
        d = jacobian(function, x)
        got = _three(unit_jacobians, function, x)
        _expect(got, 0, d, lambda imitate: imitate(d), BRANCH_MISTAKES)  # noqa: B023 (used within this turn)


def adds_the_identity(unit_jacobians):
    """dH/dx is 1 + dF/dx."""
    for function in (_linear, _bent):
        x = _point()
        d = jacobian(function, x)
        got = _three(unit_jacobians, function, x)
        _expect(got, 1, d + torch.eye(len(d)), lambda imitate: imitate(d), SUM_MISTAKES)  # noqa: B023


@needs(differentiates_the_branch)
def takes_autograds_slope(unit_jacobians):
    """dF/dx by autograd, also of a function in steps."""
    x = _point()
    d = jacobian(_rounded, x)
    three = _three(unit_jacobians, _rounded, x)
    got = three[0]
    if isinstance(got, Tensor) and got.shape == d.shape and not got.detach().any():
        likely = "finite differences: they see the steps, autograd does not"
        raise Wrong(_told(d, 0), _told(got.detach(), 0), likely, "let autograd differentiate")
    _expect(three, 0, d, lambda imitate: imitate(d), BRANCH_MISTAKES)


@needs(differentiates_the_branch)
def takes_any_length(unit_jacobians):
    """vectors of another length."""
    for n in (3, 1):
        _expect_for_length(unit_jacobians, torch.tensor([0.5, -2.0, 3.0]).double()[:n], MATRIX[:n, :n])


def _expect_for_length(unit_jacobians, x: Tensor, square: Tensor) -> None:
    """All three Jacobians of a linear residual."""

    def shorter(v: Tensor) -> Tensor:
        return square @ v

    three = _three(unit_jacobians, shorter, x)
    expected, h = square + torch.eye(len(x)), x + square @ x
    _expect(three, 0, square, lambda imitate: imitate(square), BRANCH_MISTAKES)
    _expect(three, 1, expected, lambda imitate: imitate(square), SUM_MISTAKES)
    cut, mistakes = expected * (h > 0)[:, None], _relu_mistakes(shorter, x)
    _expect(three, 2, cut, lambda imitate: imitate(square, h), mistakes)


@needs(adds_the_identity)
def cuts_behind_the_relu(unit_jacobians):
    """dR/dx, where some sums are negative."""
    x = torch.tensor([0.3, -1.1, 0.4, -0.3], dtype=torch.double)
    return _behind_relu(unit_jacobians, x)


@needs(adds_the_identity)
def is_zero_where_all_is_negative(unit_jacobians):
    """dR/dx is zero where every sum is negative."""
    return _behind_relu(unit_jacobians, torch.full((4,), -9.0, dtype=torch.double))


def leaves_x(unit_jacobians):
    """x is left as it was: no requires_grad, no .grad."""
    x = _point()
    kept = x.clone()
    _three(unit_jacobians, _bent, x)
    if x.requires_grad or x.grad is not None or not torch.equal(x.detach(), kept):
        got = "requires_grad" if x.requires_grad else "other values, or a .grad"
        remedy = "work on x.detach().clone()"
        raise Wrong("x as it was", got, "the caller's tensor was changed", remedy)


def leaves_no_history(unit_jacobians):
    """the results carry no gradient history."""
    for function in (_bent, _with_parameter):
        for result in _three(unit_jacobians, function, _point()):
            if isinstance(result, Tensor) and result.requires_grad:
                raise Wrong("plain tensors", "requires_grad is True", DETACH, "return result.detach()")


@needs(cuts_behind_the_relu)
def counts_zero_as_off(unit_jacobians):
    """dR/dx where a sum is exactly zero."""
    x = torch.tensor([1.0, 0.0, -1.0, 1e-30], dtype=torch.double)
    return _behind_relu(unit_jacobians, x, _nothing)


CASES = (
    differentiates_the_branch,
    takes_autograds_slope,
    takes_any_length,
    adds_the_identity,
    cuts_behind_the_relu,
    is_zero_where_all_is_negative,
    counts_zero_as_off,
    leaves_x,
    leaves_no_history,
)


def gradient_formula(unit_jacobians) -> None:
    """Check the exercise on the formula 1 + dF/dx."""
    run("unit_jacobians", CASES, unit_jacobians)


def _point() -> Tensor:
    return noise(4, seed=11).double()


def _three(unit_jacobians, function: Function, x: Tensor) -> tuple:
    got = unit_jacobians(function, x)
    remedy = "return dF/dx, dH/dx and dR/dx"
    if isinstance(got, tuple | list) and len(got) != 3:
        raise Wrong("three tensors", brief(got), f"{len(got)} results", remedy)
    if not isinstance(got, tuple | list):
        raise Wrong("three tensors", brief(got), *of_wrong_type(got, remedy))
    return tuple(got)


def _other_than(likely: tuple[str, str], one: Tensor, three: tuple) -> tuple[str, str]:
    """Likely cause and remedy of a wrong result, where the same memory is returned for two results."""
    places = [t.untyped_storage().data_ptr() for t in three if isinstance(t, Tensor)]
    return ONE_TENSOR if places.count(one.untyped_storage().data_ptr()) > 1 else likely


def _relu_mistakes(function: Function, x: Tensor) -> tuple[Mistake, ...]:
    of_x = Mistake(
        lambda d, h: (d + torch.eye(len(d))) * (x > 0)[:, None],
        "the mask is that of x, not of x + F(x)",
        "the ReLU sees the sum",
    )
    of_branch = Mistake(
        lambda d, h: (d + torch.eye(len(d))) * (function(x) > 0)[:, None],
        "the mask is that of F(x), not of x + F(x)",
        "the ReLU sees the sum",
    )
    return of_branch, of_x, *RELU_MISTAKES


def _behind_relu(unit_jacobians, x: Tensor, function: Function = _bent) -> str:
    d, h = jacobian(function, x), x + function(x)
    expected = (d + torch.eye(len(d))) * (h > 0)[:, None]
    got = _three(unit_jacobians, function, x)
    _expect(got, 2, expected, lambda imitate: imitate(d, h), _relu_mistakes(function, x))
    return f"{int((h <= 0).sum())} of {len(h)} rows are zero"


def _expect(
    three: tuple, place: int, expected: Tensor, observe: Callable, mistakes: tuple[Mistake, ...]
) -> None:
    """Compare the result at this place of the three with what is expected."""
    got = three[place]
    if not isinstance(got, Tensor):
        raise Wrong(f"a tensor {list(expected.shape)}", brief(got), *of_wrong_type(got, "return tensors"))
    got = got.detach()
    if got.dtype != torch.double:
        remedy = "keep x.dtype: torch.eye(n, dtype=x.dtype)"
        raise Wrong("float64", str(got.dtype), "another precision than that of x", remedy)
    if got.shape == expected.shape and torch.allclose(got, expected, rtol=0, atol=1e-9):
        return
    if got.shape != expected.shape and got.squeeze().shape == expected.squeeze().shape:
        told = "a dimension of one element was dropped, or added", "keep [n, n], for n = 1, too"
        raise Wrong(f"a tensor {list(expected.shape)}", f"a tensor {list(got.shape)}", *told)
    near = got.shape == expected.shape and torch.allclose(got, expected, rtol=0, atol=1e-2)
    otherwise = _other_than(ROUGH if near else OTHER, got, three)
    likely = recognise(got, expected, mistakes, observe, otherwise)
    row = 0 if got.shape != expected.shape else int((got - expected).abs().sum(dim=1).argmax())
    raise Wrong(_told(expected, row), _told(got, row), *likely)


def _told(matrix: Tensor, row: int) -> str:
    rows = matrix.tolist() if matrix.ndim == 2 else [matrix.flatten().tolist()]
    numbers = ", ".join(f"{value + 0.0:.3f}" for value in rows[row])
    return f"{list(matrix.shape)}, row {row}: {numbers}"
