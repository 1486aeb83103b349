"""Python's parser for one thread at a time.

It counts its depth for the whole process: two threads that parse at once end now and then in a SystemError,
"AST constructor recursion depth mismatch" (CPython issue 106905). Our own answers are prepared in a thread.
"""

from __future__ import annotations

import ast
import threading

_ONE_AT_A_TIME = threading.Lock()


def parse(source: str) -> ast.Module:
    """The syntax tree of a cell.

    Raises:
        SyntaxError: as :func:`ast.parse`; and whatever else that raises.
    """
    with _ONE_AT_A_TIME:
        return ast.parse(source)
