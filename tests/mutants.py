"""Mutants of our own answers: is every small mistake in them seen by the hidden tests?

::

    python tests/mutants.py              # a table of every exercise, and each mutant that lives
    python tests/mutants.py topk lora    # of these

A mutant is an answer with one place changed: a constant, a comparison, an operator, arguments swapped, a
keyword left out, a statement dropped, a ``clone``, ``detach`` or ``eval`` forgotten. The hidden tests must
kill it, or ``answers/<exercise>/equivalent.toml`` says why no test could tell it from the answer.
Tools such as mutmut and cosmic-ray mutate modules that a test suite imports, not cells of a notebook;
the operators here are theirs, and a few that fit PyTorch.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
import sys
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from exercises import ROOT, cells, hidden_tests
from torch import nn

from course_utils import checks
from course_utils.checks.limits import TooLong, time_limit

SECONDS = 20  # for the hidden tests of one mutant: some never end
COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
COMPUTED = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult,
}  # fmt: skip
FORGOTTEN = {"clone", "copy", "deepcopy", "detach", "eval", "double", "float", "long", "item", "flatten"}
DROPPED = (ast.Expr, ast.Assign, ast.AugAssign, ast.If, ast.For, ast.While, ast.With, ast.Raise, ast.Return)


@dataclass(frozen=True)
class Mutant:
    """One changed answer; ``change`` says what became of what, and is how it is listed."""

    change: str
    source: str


def mutants(answer: str) -> list[Mutant]:
    """All mutants of the source of an answer cell, changed inside of its solution only."""
    tree, lines = ast.parse(answer), _solution_lines(answer)
    found: dict[str, Mutant] = {}
    for parent, field, i, node in _places(tree):
        if getattr(getattr(node, "target", node), "lineno", 0) not in lines:
            continue
        for new in _changed(node):
            mutated = copy.deepcopy(tree)
            _put(mutated, parent, field, i, new)
            source = ast.unparse(ast.fix_missing_locations(mutated))
            change = f"{ast.unparse(node)} -> {ast.unparse(new)}"
            found[source] = Mutant(" ".join(change.split()), source)
    return list(found.values())


def _solution_lines(source: str) -> set[int]:
    """The numbers of the lines between the markers of a solution."""
    inside, found = False, set()
    for number, line in enumerate(source.splitlines(), start=1):
        if line.strip() in ("### BEGIN SOLUTION", "### END SOLUTION"):
            inside = not inside
        elif inside:
            found.add(number)
    return found


def _places(tree: ast.AST) -> Iterator[tuple[int, str, int | None, ast.AST]]:
    """Every node but the root: the number of its parent, field and position there, and itself."""
    for number, parent in enumerate(ast.walk(tree)):
        for field, value in ast.iter_fields(parent):
            if isinstance(value, ast.AST):
                yield number, field, None, value
            elif isinstance(value, list):
                yield from ((number, field, i, v) for i, v in enumerate(value) if isinstance(v, ast.AST))


def _put(tree: ast.AST, parent: int, field: str, i: int | None, new: ast.AST) -> None:
    """Replace the node at a place that :func:`_places` gave."""
    node = list(ast.walk(tree))[parent]
    if i is None:
        setattr(node, field, new)
    else:
        getattr(node, field)[i] = new


def _changed(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    if isinstance(node, DROPPED):
        yield ast.Pass()
    for kinds, changed in OPERATORS:
        if isinstance(node, kinds):
            yield from changed(node)


def _comparisons(node: ast.Compare) -> Iterator[ast.AST]:
    for i, operator in enumerate(node.ops):
        if type(operator) in COMPARED:
            yield _with(node, ops=[*node.ops[:i], COMPARED[type(operator)](), *node.ops[i + 1 :]])


def _arithmetic(node: ast.BinOp | ast.AugAssign) -> Iterator[ast.AST]:
    if type(node.op) in COMPUTED:
        yield _with(node, op=COMPUTED[type(node.op)]())


def _either_for_both(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def _without_sign(node: ast.UnaryOp) -> Iterator[ast.AST]:
    yield node.operand


def _negated(node: ast.If | ast.IfExp | ast.While) -> Iterator[ast.AST]:
    yield _with(node, test=ast.UnaryOp(ast.Not(), node.test))


def _without_condition(node: ast.comprehension) -> Iterator[ast.AST]:
    yield from (_with(node, ifs=[*node.ifs[:i], *node.ifs[i + 1 :]]) for i in range(len(node.ifs)))


def _turned_round(node: ast.Tuple) -> Iterator[ast.AST]:
    if len(node.elts) == 2 and isinstance(node.ctx, ast.Load):
        yield _with(node, elts=node.elts[::-1])


def _constants(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        yield from (ast.Constant(node.value + step) for step in (1, -1))
    elif isinstance(node.value, str):
        yield ast.Constant(f"{node.value}x")


def _calls(node: ast.Call) -> Iterator[ast.AST]:
    """Two arguments swapped, a keyword left out, a conversion or a copy forgotten."""
    args, keywords = node.args, node.keywords
    for i in range(len(args) - 1):
        yield _with(node, args=[*args[:i], args[i + 1], args[i], *args[i + 2 :]])
    for i in range(len(keywords)):
        yield _with(node, keywords=[*keywords[:i], *keywords[i + 1 :]])
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in FORGOTTEN and len(args) == 1:
        yield args[0]
    elif name in FORGOTTEN and not args and isinstance(node.func, ast.Attribute):
        yield node.func.value


def _with(node: ast.AST, **fields: object) -> ast.AST:
    """A copy of a node with other fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


OPERATORS = (
    (ast.Constant, _constants),
    (ast.Compare, _comparisons),
    ((ast.BinOp, ast.AugAssign), _arithmetic),
    (ast.BoolOp, _either_for_both),
    (ast.UnaryOp, _without_sign),
    ((ast.If, ast.IfExp, ast.While), _negated),
    (ast.comprehension, _without_condition),
    (ast.Tuple, _turned_round),
    (ast.Call, _calls),
)


def killed(key: str, mutant: Mutant) -> bool:
    """Whether a hidden test of the exercise fails for a mutant, or never ends."""
    names = {"torch": torch, "F": F, "nn": nn, "checks": checks}
    quiet = io.StringIO()
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with time_limit(SECONDS):
                exec(mutant.source, names)
                for test in hidden_tests(key).values():
                    exec(test, dict(names))
        except (Exception, TooLong):
            return True
    return False


def equivalent(key: str) -> dict[str, str]:
    """The mutants that are no mistake, each with the reason."""
    file = ROOT / "tests" / "answers" / key / "equivalent.toml"
    if not file.exists():
        return {}
    listed = tomllib.loads(file.read_text(encoding="utf-8"))["equivalent"]
    return {entry["change"]: entry["reason"] for entry in listed}


def main(keys: list[str]) -> None:
    """Print how many mutants of each exercise are killed, how many are equivalent, and which live."""
    print(f"{'exercise':<18}{'mutants':>8}{'killed':>8}{'equivalent':>12}{'alive':>7}")
    for key in keys:
        made, same = mutants(cells("answer")[key]), equivalent(key)
        left = [mutant.change for mutant in made if not killed(key, mutant)]
        alive = [change for change in left if change not in same]
        dead = len(made) - len(left)
        print(f"{key:<18}{len(made):>8}{dead:>8}{len(left) - len(alive):>12}{len(alive):>7}", flush=True)
        print("".join(f"    {change}\n" for change in alive), end="")


if __name__ == "__main__":
    main(sys.argv[1:] or sorted(cells("check")))
