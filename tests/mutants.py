"""Mutants of our own answers: is every small mistake in them seen by the hidden tests?

::

    python tests/mutants.py              # a table of every exercise, and each mutant that lives
    python tests/mutants.py topk lora    # of these

A mutant is an answer with one place changed, by the operators of mutmut (numbers, texts, comparisons,
arguments, assignments) and a few of our own that fit PyTorch: a statement dropped, arguments swapped, a
condition turned round, a ``clone``, ``detach`` or ``eval`` forgotten. The hidden tests must kill it, or
``answers/<exercise>/equivalent.toml`` says why no test could tell it from the answer. mutmut itself runs
a test suite on modules; an answer is a cell of a notebook, so only its operators serve here.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tomllib
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import libcst as cst
import torch
import torch.nn.functional as F
from exercises import ROOT, cells, hidden_tests
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators
from torch import nn

from course_utils import checks
from course_utils.checks.limits import TooLong, time_limit

SECONDS = 15  # for the hidden tests of one mutant: some never end
FORGOTTEN = {"clone", "copy", "deepcopy", "detach", "eval", "double", "float", "long", "item", "flatten"}
DROPPED = (cst.SimpleStatementLine, cst.If, cst.For, cst.While, cst.With)
PASS = cst.SimpleStatementLine([cst.Pass()])


@dataclass(frozen=True)
class Mutant:
    """One changed answer; ``change`` says where and what became of what, and is how it is listed."""

    change: str
    source: str


def mutants(answer: str) -> list[Mutant]:
    """All mutants of the source of an answer cell, changed inside of its solution only."""
    wrapper = MetadataWrapper(cst.parse_module(answer), unsafe_skip_copy=True)
    module, lines, inside = wrapper.module, answer.splitlines(), _solution_lines(answer)
    found: dict[str, Mutant] = {}
    times: Counter[str] = Counter()
    for node, place in wrapper.resolve(PositionProvider).items():
        if place.start.line not in inside:
            continue
        for new in _changed(node):
            source = module.deep_replace(node, new).code
            if source == answer or source in found or not _compiles(source):
                continue
            old_new = " -> ".join(_on_one_line(module.code_for_node(each)) for each in (node, new))
            change = f"{lines[place.start.line - 1].strip()}: {old_new}"
            times[change] += 1
            again = f" ({times[change]})" if times[change] > 1 else ""
            found[source] = Mutant(change + again, source)
    return list(found.values())


def _compiles(source: str) -> bool:
    try:
        compile(source, "<mutant>", "exec")
    except SyntaxError:
        return False
    return True


def _on_one_line(code: str) -> str:
    return " ".join(line.strip() for line in code.splitlines() if not line.strip().startswith("#")).strip()


def _solution_lines(source: str) -> set[int]:
    """The numbers of the lines between the markers of a solution."""
    inside, found = False, set()
    for number, line in enumerate(source.splitlines(), start=1):
        if line.strip() in ("### BEGIN SOLUTION", "### END SOLUTION"):
            inside = not inside
        elif inside:
            found.add(number)
    return found


def _changed(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What may stand in the place of a node."""
    for kinds, changed in (*mutation_operators, *OWN_OPERATORS):
        if isinstance(node, kinds):
            yield from changed(node)


def _dropped(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    yield PASS


def _one_less(node: cst.Integer) -> Iterator[cst.CSTNode]:
    if node.evaluated_value > 0:
        yield node.with_changes(value=repr(node.evaluated_value - 1))


def _turned_round(node: cst.If | cst.While) -> Iterator[cst.CSTNode]:
    inner = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    space = cst.SimpleWhitespace(" ")
    before = {"whitespace_before_test" if isinstance(node, cst.If) else "whitespace_after_while": space}
    yield node.with_changes(test=cst.UnaryOperation(cst.Not(), inner), **before)


def _without_condition(node: cst.CompFor) -> Iterator[cst.CSTNode]:
    for i in range(len(node.ifs)):
        yield node.with_changes(ifs=[*node.ifs[:i], *node.ifs[i + 1 :]])


def _swapped_pair(node: cst.Tuple) -> Iterator[cst.CSTNode]:
    if len(node.elements) == 2 and all(isinstance(e, cst.Element) for e in node.elements):
        first, second = node.elements
        yield node.with_changes(elements=[cst.Element(second.value), cst.Element(first.value)])


def _swapped_arguments(node: cst.Call) -> Iterator[cst.CSTNode]:
    args = [arg.with_changes(comma=cst.MaybeSentinel.DEFAULT) for arg in node.args]
    for i, (first, second) in enumerate(zip(args, args[1:])):
        if not (first.keyword or second.keyword or first.star or second.star):
            yield node.with_changes(args=[*args[:i], second, first, *args[i + 2 :]])


def _forgotten(node: cst.Call) -> Iterator[cst.CSTNode]:
    """A copy or a conversion that was left out."""
    method = isinstance(node.func, cst.Attribute)
    if (node.func.attr if method else node.func).with_changes(lpar=[], rpar=[]).value not in FORGOTTEN:
        return
    if len(node.args) == 1:
        yield node.args[0].value
    elif method and not node.args:
        yield node.func.value


def _is_named(function: Callable) -> Callable:
    """Only calls of something that has a name."""
    return lambda node: function(node) if isinstance(node.func, cst.Attribute | cst.Name) else iter(())


OWN_OPERATORS = (
    (DROPPED, _dropped),
    (cst.Integer, _one_less),
    ((cst.If, cst.While), _turned_round),
    (cst.CompFor, _without_condition),
    (cst.Tuple, _swapped_pair),
    (cst.Call, _swapped_arguments),
    (cst.Call, _is_named(_forgotten)),
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
        print("".join(f"    {change}\n" for change in alive), end="", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or sorted(cells("check")))
