"""While a submission is graded, experiments rest: of their cells only what answers may need is run.

How it works: `course build` lists the experiments of each notebook in ``assets/released.json``, by cell id
and fingerprint. They are the code cells after the one that calls ``start`` that belong to no exercise. While
nbgrader grades, ``start`` calls :func:`rest`, which registers a transformer with IPython: it sees the text of
each later cell before it runs. A text whose fingerprint is listed is cut down to its imports, functions,
classes, and names for plain values or for attributes of what is already there
(``preprocess = session.preprocess``). A kernel is told neither the id nor the metadata of a cell, hence the
fingerprint: whatever a student wrote or changed runs as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Container

from course_utils.course.released import fingerprint, read_experiments

RESTS = 'print("an experiment: not run while grading")\n'


def rest(notebook: str) -> None:
    """From the next cell on, cut the experiments of ``notebook`` down; outside of IPython nothing happens."""
    try:
        from IPython import get_ipython
    except ImportError:
        return
    if shell := get_ipython():
        known = frozenset(read_experiments(notebook).values())
        shell.input_transformers_post.append(lambda lines: reduced(lines, known, shell.user_ns))


def reduced(lines: list[str], known: Container[str], names: Container[str]) -> list[str]:
    """A cell's lines, or what is left of them if it is an experiment.

    Args:
        known: the fingerprints of experiments.
        names: what the notebook has defined so far.
    """
    source = "".join(lines)
    if fingerprint(source) not in known:
        return lines
    kept: list[ast.stmt] = []
    own: set[str] = set()
    for node in ast.parse(source).body:
        if _may_be_needed(node, names, own):
            kept.append(node)
            own |= _defined(node)
    return [line + "\n" for node in kept for line in ast.unparse(node).split("\n")] + [RESTS]


def _may_be_needed(node: ast.stmt, names: Container[str], own: Container[str]) -> bool:
    """Imports, functions, classes, and names for plain values and for attributes of what is there."""
    if not isinstance(node, ast.Assign):
        return isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)
    if not all(isinstance(part, ast.Name | ast.Tuple | ast.expr_context) for part in _targets(node)):
        return False
    value = node.value
    if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
        return value.value.id in names or value.value.id in own
    return _is_literal(value)


def _is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except ValueError:
        return False
    return True


def _defined(node: ast.stmt) -> set[str]:
    """The names that a statement leaves behind."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if isinstance(node, ast.Assign):
        return {part.id for part in _targets(node) if isinstance(part, ast.Name)}
    return {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else set()


def _targets(node: ast.Assign) -> list[ast.AST]:
    """What stands left of the equals signs, part by part."""
    return [part for target in node.targets for part in ast.walk(target)]
