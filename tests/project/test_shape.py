"""The shape of functions that students read: their length, how deep they nest, and how much they are given."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from courses import ROOT

PACKAGE = ROOT / "course_utils"
ROOMS = ("analysis", "checks", "data", "models", "training")
MOST_LINES = 40  # signature and body, without the docstring
DEEPEST = 3  # blocks within blocks; an elif is no deeper than its if
MOST_GIVEN = 6  # parameters, not counting callbacks that are given by name

# What may be otherwise, and why: (file, function) -> what it may have, reason.
EXCEPTIONS = {
    ("training/fitting.py", "fit"): ({"given": 7}, "six that decide the run, and whether to show a bar"),
    ("training/pretraining.py", "pretrain"): ({"given": 11}, "the options of `course pretrain`, by name"),
    ("training/convolutions.py", "_pays"): ({"given": 7}, "the arguments of F.conv2d, as torch passes them"),
    ("data/loading.py", "load_data"): ({"given": 7}, "what may be said about images of one's own, by name"),
    ("checks/zoo/vgg.py", "_count"): ({"given": 9}, "a chapter's check: the numbers of VGG's layers"),
    ("analysis/faults.py", "fine_tune_with"): (
        {"given": 7},
        "what the exercise's script is given, and its faults",
    ),
}
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
SCOPES = (ast.FunctionDef, ast.Lambda, ast.ClassDef)


def functions(source: str) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))


def measure(function: ast.FunctionDef) -> dict[str, int]:
    return {"lines": lines(function), "depth": depth(function), "given": given(function)}


def lines(function: ast.FunctionDef) -> int:
    docstring = function.body[0] if ast.get_docstring(function) else None
    of_docstring = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
    return function.end_lineno - function.lineno + 1 - of_docstring


def depth(node: ast.AST) -> int:
    """How many blocks lie within one another in ``node``; a function in it is measured by itself."""
    children = [child for child in ast.iter_child_nodes(node) if not isinstance(child, SCOPES)]
    return max((depth(child) + is_deeper(child, node) for child in children), default=0)


def is_deeper(child: ast.AST, parent: ast.AST) -> bool:
    is_elif = isinstance(parent, ast.If) and parent.orelse == [child] and isinstance(child, ast.If)
    return isinstance(child, BLOCKS) and not is_elif


def given(function: ast.FunctionDef) -> int:
    options = [a for a in function.args.kwonlyargs if "Callable" not in ast.unparse(a.annotation or function)]
    by_position = [a for a in function.args.args if a.arg not in ("self", "cls")]
    return len(function.args.posonlyargs) + len(by_position) + len(options)


def measured() -> dict[tuple[str, str], dict[str, int]]:
    """Everything in the rooms; of functions with one name in one file, the largest numbers."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for path in sorted(p for room in ROOMS for p in (PACKAGE / room).rglob("*.py")):
        for function in functions(path.read_text(encoding="utf-8")):
            key = (path.relative_to(PACKAGE).as_posix(), function.name)
            so_far = found.get(key, {})
            found[key] = {what: max(n, so_far.get(what, 0)) for what, n in measure(function).items()}
    return found


MEASURED = measured()


def test_functions_are_short_and_flat_and_are_given_little():
    usual = {"lines": MOST_LINES, "depth": DEEPEST, "given": MOST_GIVEN}
    for key, numbers in MEASURED.items():
        most = {**usual, **EXCEPTIONS.get(key, ({}, ""))[0]}
        too_much = {what: n for what, n in numbers.items() if n > most[what]}
        assert not too_much, (
            f"{'/'.join(key)}: {too_much}, at most {most}; shorten it, or list it with the reason"
        )


@pytest.mark.parametrize("key", EXCEPTIONS, ids="/".join)
def test_an_exception_is_still_needed_and_has_a_reason(key):
    allowed, reason = EXCEPTIONS[key]
    assert reason and {what: MEASURED[key][what] for what in allowed} == allowed


def test_what_is_measured():
    (outer, inner) = functions('''
def outer(self, a, b, *, seed: int, on_batch: Callable[[int], None]):
    """Two lines
    that do not count."""
    if a:
        for x in b:
            def inner():
                while True:
                    with x:
                        pass
    elif b:
        return 1
''')
    assert measure(outer) == {"lines": 9, "depth": 2, "given": 3}
    assert measure(inner) == {"lines": 4, "depth": 2, "given": 0}
