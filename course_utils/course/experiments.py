"""While a submission is graded, experiments rest: of their cells only what answers may need is run."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path

LIST = Path(__file__).parents[1] / "assets" / "experiments.txt"
RESTS = 'print("an experiment: not run while grading")\n'


def rest() -> None:
    """From the next cell on, reduce every experiment to its imports, definitions and constants.

    Only cells that are word for word as they were handed out; whatever students wrote or changed runs.
    Outside of IPython nothing happens.
    """
    try:
        from IPython import get_ipython
    except ImportError:
        return
    if shell := get_ipython():
        known = frozenset(LIST.read_text(encoding="utf-8").split())
        shell.input_transformers_post.append(lambda lines: reduced(lines, known))


def reduced(lines: list[str], known: Iterable[str]) -> list[str]:
    """A cell's lines, or what is left of them if the cell's fingerprint is ``known``."""
    source = "".join(lines)
    if fingerprint(source) not in known:
        return lines
    kept = [node for node in ast.parse(source).body if _may_be_needed(node)]
    return [line + "\n" for node in kept for line in ast.unparse(node).split("\n")] + [RESTS]


def fingerprint(source: str) -> str:
    """Tells two cells apart; blank lines around a cell do not count."""
    return hashlib.sha256(source.strip().encode()).hexdigest()[:16]


def _may_be_needed(node: ast.stmt) -> bool:
    """Imports, functions, classes, and names for plain values and for what the session holds."""
    if isinstance(node, ast.Assign):
        return _is_literal(node.value) or _is_of_session(node.value)
    return isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)


def _is_literal(value: ast.expr) -> bool:
    try:
        ast.literal_eval(value)
    except ValueError:
        return False
    return True


def _is_of_session(value: ast.expr) -> bool:
    """Such as ``session.preprocess``."""
    return isinstance(value, ast.Attribute) and ast.unparse(value.value) == "session"
