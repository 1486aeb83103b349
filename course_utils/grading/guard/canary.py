"""An expression behind each graded cell that looks around in the kernel; what it sees, a person must see.

It is one of the `user_expressions` of the cell's own request, see "Execute" in jupyter_client's "Messaging
in Jupyter": evaluated when the cell has ended well, and answered in its reply. A cell of its own cost 18 ms
more.

What :func:`verdict` and :func:`forged` return is a reason to show the cell to a person, never a score.

Caught, each by a submission in ``tests/``: changed builtins, comparisons of torch, numpy and Python, helpers
of the checks; what rewrites cells before they run; what swallows or rewrites errors and replies; scores
shown by another hand than the cell's. Not taken for tampering: names of the notebook that hide a builtin
(``list = [...]``; hidden tests do not see them, see :func:`course_utils.checks.hidden`), own
``__repr__`` for tensors, every expression of a cell shown, settings, warnings, threads, output.

A student's process belongs to the student: whoever knows this text can pass it, for example by changing
things during a graded cell and putting them back before its end. Where the result can be sent
out, :mod:`course_utils.grading.guard.comparing` doesn't depend on this. For the other cells the canary makes
tampering laborious, and leaves it visible in the answer, which the instructor has.
"""

from __future__ import annotations

import ast
import base64
import marshal
import re
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import CodeType
from typing import Any

import course_utils
from course_utils.grading.guard import probe
from course_utils.grading.syntax import parse

PROBE = Path(probe.__file__)
PACKAGE = Path(course_utils.__file__).resolve().parent  # as kernels know it
HELPERS = (
    "course_utils.checks.graded",
    "course_utils.checks.core",
    "course_utils.checks.origins",
    "course_utils.checks.processes",
    "course_utils.checks.report",
    "course_utils.checks.unchanged",
    "course_utils.values",
)


def canary(nonce: str, walked: bool) -> str:
    """An expression whose value shows the nonce, and behind it whatever was found.

    It leaves no name in the notebook.

    Args:
        walked: the cell in front of it is a :func:`hidden_cell`, which has looked around itself.
    """
    return _in_a_room("look_around", nonce, walked, str(PACKAGE), _helpers())


def forgetting() -> str:
    """An expression that takes what a hidden test has left out of the kernel, and looks at nothing."""
    return _in_a_room("forget")


def hidden_cell(codes: bytes) -> str:
    """A cell that runs a hidden test from its code, with a look before and one behind it.

    Args:
        codes: from :func:`course_utils.grading.guard.comparing.compiled`.
    """
    names = '__import__("builtins").globals(), '
    return _in_a_room("run", marshal.loads(codes), str(PACKAGE), _helpers(), first=names)


def _in_a_room(function: str, *given: Any, first: str = "") -> str:
    """The probe's code run in a namespace of its own, and a call of a function in there.

    Args:
        given: its arguments, plain data or code.
        first: an expression, and a comma, for one in front of these.
    """
    made = f'__import__("builtins").exec({_loaded(_compiled())}, room)'
    called = f"room[{function!r}]({first}*{_loaded(_packed(marshal.dumps(given)))})"
    return f'(lambda room: {made} or {called})({{"__name__": "canary"}})'


def _loaded(packed: str) -> str:
    unpacked = f'__import__("zlib").decompress(__import__("base64").b64decode({packed!r}))'
    return f'__import__("marshal").loads({unpacked})'


def _packed(data: bytes) -> str:
    """As text, and short: ipykernel names a cell by a checksum of its text, which costs 0.1 ms a kilobyte."""
    return base64.b64encode(zlib.compress(data)).decode()


@cache
def _compiled() -> str:
    """The probe, compiled here: a kernel of the same Python would spend a third of the probe's time on it."""
    code = compile(PROBE.read_text(encoding="utf-8"), "<canary>", "exec", dont_inherit=True)
    return _packed(marshal.dumps(_without_lines(code)))


def _without_lines(code: CodeType) -> CodeType:
    """The same code with each function's first line for all of it: which line each instruction comes from
    is a third of the packed size.

    The table's format is that of CPython's ``Objects/locations.md`` (``InternalDocs/code_objects.md``
    later): an entry covers up to eight instructions; kind 13 has no columns, and 0 is the step to its line.
    """
    full, rest = divmod(len(code.co_code) // 2, 8)
    lines = _on_the_first_line(8) * full + (_on_the_first_line(rest) if rest else b"")
    inner = tuple(_without_lines(c) if isinstance(c, CodeType) else c for c in code.co_consts)
    return code.replace(co_consts=inner, co_linetable=lines)


def _on_the_first_line(instructions: int) -> bytes:
    return bytes([0x80 | 13 << 3 | instructions - 1, 0])


@cache
def _helpers() -> dict[str, dict[str, str]]:
    """The digest of each function and method that hidden tests rely on, as it stands in its file."""
    found = {}
    for module in HELPERS:
        path = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")
        code = compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True)
        found[module] = {function.co_qualname: probe.digest(function) for function in _functions(code)}
    return found


def _functions(code: CodeType) -> Iterator[CodeType]:
    """The functions of a module, and the methods of its classes; no comprehensions, nothing local."""
    for inner in code.co_consts:
        if not isinstance(inner, CodeType):
            continue
        if not inner.co_flags & CO_OPTIMIZED:  # the body of a class
            yield from _functions(inner)
        elif inner.co_name.isidentifier():
            yield inner


def verdict(answer: object, nonce: str) -> str | None:
    """Why a person should look, by what the kernel said to the canary; None if all is well."""
    if answer is None:
        return "no canary ran behind it"
    if not isinstance(answer, dict) or answer.get("status") != "ok":
        return f"the canary did not end well: {str(answer)[:200]}"
    data = answer.get("data")
    seen = str(data.get("text/plain")) if isinstance(data, dict) else ""
    if not seen.startswith(nonce):
        return f"the canary answered otherwise: {seen[:200]}"
    return seen.removeprefix(nonce).removeprefix("; ") or None


def tampered(outputs: Sequence) -> str | None:
    """What a hidden test's own looks around have found."""
    error = next((output for output in outputs if output.output_type == "error"), None)
    return str(error.evalue) if error and error.ename == "Tampered" else None


def forged(source: str, outputs: Sequence) -> str | None:
    """Why a person should look, by a graded cell's outputs: a score that the cell itself did not show."""
    results = [i for i, output in enumerate(outputs) if output.output_type == "execute_result"]
    if not results:
        return None
    if not _ends_in_value(source):
        return "a score was shown by a cell that shows none"
    if len(results) > 1 or any(output.output_type == "error" for output in outputs):
        return "a score was shown before the cell's own"
    return None


def _ends_in_value(source: str) -> bool:
    code = re.sub(r"^%.*$", "", source, flags=re.MULTILINE)
    body = parse(code).body
    return bool(body) and isinstance(body[-1], ast.Expr)
