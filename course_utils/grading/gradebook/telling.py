"""What may be told of what ran behind a hidden test: our own words alone.

A hidden test calls a student's functions, and these can read it in their caller's frame. From then on the
submission may know it, and whatever its process says, the names of its errors and its pictures included, may
carry it to the page. So of what came behind a hidden test a student sees texts of ours, chosen by what was
said: the text of a check by its case, an error by its kind. Cells before the first hidden test are shown as
they ran.
"""

from __future__ import annotations

import ast
import builtins
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.utils import is_grade

import course_utils
from course_utils.grading.syntax import parse

CHECKS = Path(course_utils.__file__).parent / "checks"
TEXT_WIDTH = 120  # characters to which a report cuts its texts; `checks.report` itself would import torch
ERRORS = frozenset(
    name
    for name, thing in vars(builtins).items()
    if isinstance(thing, type) and issubclass(thing, BaseException)
) | {"CheckFailed"}
STATES = ("ok", "FAIL", "skip", "OURS")
AN_ERROR = "an error of its own kind"
LIBRARY = "your answer calls a function of course_utils that does the work; write it in plain PyTorch"
SIGNATURE = "the answer is no function, or takes other arguments than its first line in the stub"
MOST_LINES = 60  # of a report
NO_PYTHON = ("SyntaxError", "IndentationError", "TabError")
MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)  # a line for IPython or the shell


def first_hidden(cells: Iterable[NotebookNode]) -> float:
    """The position of the first hidden test; beyond all cells if there is none."""
    return next((i for i, c in enumerate(cells) if c.cell_type == "code" and is_grade(c)), float("inf"))


def error_in(cell: NotebookNode) -> NotebookNode | None:
    """The first error among a cell's outputs."""
    return next((o for o in cell.get("outputs", ()) if o.get("output_type") == "error"), None)


def kind_of(error: Mapping) -> str:
    """The name of an error that is Python's or ours; a class of a student's may be called anything."""
    return error["ename"] if error.get("ename") in ERRORS else AN_ERROR


def category(error: Mapping | None, source: str, labels: Iterable[str]) -> str:
    """Why a hidden test failed, as the test itself says it; of other errors only their kind.

    Args:
        source: of the hidden test.
        labels: what the values are called that it compares, as our own answers' run gave them.
    """
    if error is None:
        return ""
    if error.get("ename") == "AssertionError":
        return _label(str(error.get("evalue", "")), source, labels)
    ours = {"LibraryAnswer": LIBRARY, "Wrong": SIGNATURE}.get(str(error.get("ename")))
    return ours or f"{kind_of(error)} on an input of the hidden test"


def syntax_error(source: str) -> str:
    """What Python says of a cell that is no Python, said here; empty if it is."""
    said = ""
    for text in (source, MAGIC.sub(r"\1pass", source)):  # a line may begin with % for other reasons
        try:
            parse(text)
        except SyntaxError as problem:
            said = f"SyntaxError: {problem.msg} (line {problem.lineno})"
        except (ValueError, RecursionError, MemoryError):  # any text may stand in a cell
            said = "SyntaxError"
        else:
            return ""
    return said


def report(printed: str) -> str:
    """Of what a check printed, the lines that are texts of our checks, each case once."""
    return "\n".join(_known_lines(printed.splitlines()[: 4 * MOST_LINES]))


def _known_lines(lines: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    shown = False
    for line in lines:
        case = re.match(rf"  ({'|'.join(STATES)}) +(\S.*)", line)
        row = re.match(r" {10}(expected|got|likely|try) +(\S.*)", line)
        if case:
            name = re.split(r"\s{2,}", case[2])[0]
            shown = name in _texts() and name not in seen and len(seen) < MOST_LINES
            seen.add(name)
            if shown:
                yield f"  {case[1]:<5} {name}"
        elif row and shown and row[2] in _texts() and line not in seen:
            seen.add(line)
            yield f"          {row[1]:<9} {row[2]}"


@cache
def _texts() -> frozenset[str]:
    """Every text in the source of our checks, as a report shows it."""
    found = set()
    for path in CHECKS.rglob("*.py"):
        for node in ast.walk(parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip():
                found.add(textwrap.shorten(node.value, TEXT_WIDTH, placeholder=" ..."))
                found.add(node.value.strip().splitlines()[0].rstrip("."))
    return frozenset(found)


def _label(message: str, source: str, labels: Iterable[str]) -> str:
    known = map(_pattern, _messages(source))
    fitting = [shown for pattern, shown in known if re.fullmatch(pattern, message)]
    whole = message in labels or message in fitting
    return message if whole else next(iter(fitting), "")


def _messages(source: str) -> Iterator[ast.expr]:
    """What assertions say, and how compared values are called; nothing of a test with magic."""
    try:
        nodes = list(ast.walk(parse(source)))
    except SyntaxError:
        return
    for node in nodes:
        if isinstance(node, ast.Assert) and node.msg:
            yield node.msg
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("AssertionError", "values.same"):
            yield from node.args[:1]


def _pattern(text: ast.expr) -> tuple[str, str]:
    """A regular expression for a message, and what may be shown of it: nothing that was filled in."""
    if isinstance(text, ast.Constant):
        return re.escape(str(text.value)), str(text.value)
    if not isinstance(text, ast.JoinedStr):
        return r"(?!)", ""
    fixed = [str(part.value) if isinstance(part, ast.Constant) else None for part in text.values]
    pattern = "".join(".{0,200}" if part is None else re.escape(part) for part in fixed)
    return pattern, "".join("..." if part is None else part for part in fixed)
