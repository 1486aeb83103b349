"""Values compared outside: takes expected values out of a hidden test, and compares what comes back.

A hidden test that calls :func:`course_utils.values.same` is rewritten before it goes to the kernel. The
student's kernel gets :func:`compiled` (:func:`for_student` where a cell has magic): the inputs, the calls of
the student's functions, and
``values.send`` in the place of ``values.same``, without the expected values and without the code that
only made them. Once for an assignment, our own answers run :func:`for_reference`, whose kernel sends
what was expected. :func:`settle` compares both out here, with numpy, on plain data.

What this stops: reading the expected values, in whatever way (frames, ``gc``, the cell's source), objects
that are equal to everything, changed comparisons, checks and builtins, and replies without values. Code
in a student's kernel can send any value it likes under our name, but it must send the *right* one, for
inputs that it first sees in that moment. What remains possible: to compute that value in a way that the
exercise does not want, for example by calling the course's own function; whether that happened is watched
for inside of the kernel (``checks.own_work``) and so as sure as the canary. A cell without ``values.same``
is compared in the kernel as ever.
"""

from __future__ import annotations

import ast
import copy
import json
import marshal
from collections.abc import Sequence
from functools import cache

import nbformat

from course_utils import values
from course_utils.errors import CourseError
from course_utils.grading.syntax import parse

Messages = list[dict]  # what came from a cell by `values.send` or `values.reveal`, in order
BLANK = "0nonce0of0one000"  # as long as a nonce, for which it stands in compiled tests
FILE = "<hidden test>"


def compares(source: str) -> bool:
    """Whether a cell has values that can be compared outside."""
    return "values.same(" in source and any(map(_is_same, ast.walk(parse(source))))


def for_student(source: str, nonce: str) -> str:
    """A hidden test without expected values; a cell that compares none stays as it is."""
    return _without_expected(source).replace(BLANK, nonce)


def compiled(source: str, nonce: str) -> bytes | None:
    """The same as code, for :func:`course_utils.grading.guard.canary.hidden_cell`; None if it has magic."""
    codes = _compiled(_without_expected(source))
    return codes and codes.replace(BLANK.encode(), nonce.encode())


def for_reference(source: str, nonce: str) -> str:
    """The same test for a kernel with our own answers: it sends what it expects."""
    if not compares(source):
        return source
    tree = _Rewriter("reveal", nonce, keep=(0, 1, 2)).visit(parse(source))
    return ast.unparse(ast.fix_missing_locations(tree))


def reference_edition(instructor: nbformat.NotebookNode, nonce: str) -> nbformat.NotebookNode:
    """The instructor edition, to be executed once: its hidden tests send what they expect."""
    edition = copy.deepcopy(instructor)
    for cell in edition.cells:
        if cell.cell_type == "code":
            cell.source = for_reference(cell.source, nonce)
    return edition


def references(executed: nbformat.NotebookNode, nonce: str) -> dict[str, Messages]:
    """What each graded cell expects, by ``grade_id``, out of an executed :func:`reference_edition`.

    Raises:
        CourseError: if a cell failed; then our own answer does not pass our own test.
    """
    found = {}
    for cell in executed.cells:
        if cell.cell_type != "code" or not cell.metadata.get("nbgrader", {}).get("grade"):
            continue
        if problem := next((o for o in cell.outputs if o.output_type == "error"), None):
            raise CourseError(
                f"our own answer fails in {cell.metadata.nbgrader.grade_id}.",
                found=f"{problem.ename}: {problem.evalue}",
                do="run `course build`, and look at this cell in the instructor edition",
            )
        if messages := _read(_sent(cell.outputs), nonce):
            found[cell.metadata.nbgrader.grade_id] = messages
    return found


@cache
def _without_expected(source: str) -> str:
    """The same for every submission, with ``BLANK`` in the place of its nonce."""
    if not compares(source):
        return source
    tree = parse(source)
    rewriter = _Rewriter("send", BLANK, keep=(1,))
    tree = rewriter.visit(tree)
    _drop(tree, _names(rewriter.removed))
    return ast.unparse(ast.fix_missing_locations(tree))


@cache
def _compiled(source: str) -> bytes | None:
    """What to execute, and the last line to evaluate where a notebook would show its value."""
    try:
        tree = parse(source)
    except SyntaxError:  # it has a line for IPython
        return None
    value, last = None, tree.body[-1] if tree.body else None
    if isinstance(last, ast.Expr) and not source.rstrip().endswith(";"):
        tree.body.pop()
        value = compile(ast.Expression(last.value), FILE, "eval", dont_inherit=True)
    return marshal.dumps((compile(tree, FILE, "exec", dont_inherit=True), value))


def settle(outputs: list, expected: Sequence[dict] | None, nonce: str) -> str | None:
    """Compare what a graded cell sent, and leave its outputs as if it had compared by itself.

    Args:
        outputs: of the cell; what was sent is taken out, and where a value differs an error is put first
            (nbgrader takes the first that decides).
        expected: the cell's :func:`references`; None for a cell that compares nothing outside.

    Returns:
        Why a person should look at this cell, or None.
    """
    sent = _sent(outputs)
    failed = any(output.output_type == "error" for output in outputs)
    outputs[:] = [output for output in outputs if output not in sent]
    if failed:
        return None  # as it says: wrong, whatever else was sent
    reason = _compare(outputs, sent, expected or [], nonce)
    if reason:
        _fail(outputs, reason)
    return reason


def _compare(outputs: list, sent: list, expected: Sequence[dict], nonce: str) -> str | None:
    try:
        got = _read(sent, nonce)
        for mine, ours in zip(got, expected):
            if not values.alike(mine["value"], ours["value"], rtol=ours["rtol"], atol=ours["atol"]):
                _fail(outputs, str(ours["label"]))  # wrong, however many came
                return None
        if len(got) != len(expected):
            return f"a hidden test ended well but sent {len(got)} of {len(expected)} values"
    except Exception as problem:  # a forged value can be wrong in any way
        return f"a hidden test sent an unreadable value ({type(problem).__name__})"
    return None


def _fail(outputs: list, why: str) -> None:
    line = f"AssertionError: {why}"
    error = nbformat.v4.new_output("error", ename="AssertionError", evalue=why, traceback=[line])
    outputs.insert(0, error)


def _sent(outputs: Sequence) -> list:
    return [o for o in outputs if o.output_type == "display_data" and values.MIME in o.data]


def _read(sent: Sequence, nonce: str) -> Messages:
    messages = [message for output in sent for message in json.loads(output.data[values.MIME])]
    if any(message["nonce"] != nonce for message in messages):
        raise ValueError("another nonce")
    return messages


def _is_same(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "values.same"


class _Rewriter(ast.NodeTransformer):
    """Turns ``values.same(label, got, expected, ...)`` into another function's call."""

    def __init__(self, function: str, nonce: str, keep: Sequence[int]):
        self.function, self.nonce, self.keep = function, nonce, keep
        self.removed: list[ast.AST] = []

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if not _is_same(node):
            return node
        if len(node.args) != 3:
            raise CourseError(
                "values.same takes its label, got and expected by position.", found=ast.unparse(node)
            )
        kept = [node.args[i] for i in self.keep]
        self.removed += [argument for argument in node.args if argument not in kept]
        if node.args[-1] not in kept:
            self.removed += node.keywords
            node.keywords = []
        assert isinstance(node.func, ast.Attribute)  # values.same
        node.func.attr = self.function
        node.args = [ast.Constant(self.nonce), *kept]
        return node


def _names(nodes: Sequence[ast.AST]) -> set[str]:
    """Every name that is read in these."""
    found = (n for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name))
    return {n.id for n in found if isinstance(n.ctx, ast.Load)}


def _drop(tree: ast.AST, served: set[str]) -> None:
    """Take out the functions and assignments that only served what is gone, in place."""
    while served:
        unused = served - _names([tree])
        sweeper = _Sweeper(unused)
        sweeper.visit(tree)
        served = _names(sweeper.removed)


class _Sweeper(ast.NodeTransformer):
    """Removes definitions of names that nothing reads."""

    def __init__(self, unused: set[str]):
        self.unused = unused
        self.removed: list[ast.AST] = []

    def visit(self, node: ast.AST) -> ast.AST | None:
        if _defines(node) and _defines(node) <= self.unused:
            self.removed.append(node)
            return None
        return super().visit(node)


def _defines(node: ast.AST) -> set[str]:
    """The names that a function or a plain assignment makes; empty for anything else."""
    if isinstance(node, ast.FunctionDef):
        return {node.name}
    if not isinstance(node, ast.Assign):
        return set()
    targets = [t for target in node.targets for t in getattr(target, "elts", [target])]
    plain = all(isinstance(target, ast.Name) for target in targets)
    return {target.id for target in targets} if plain else set()
