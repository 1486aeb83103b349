"""The page `docs/package.md`: every package and module with the first line of its docstring."""

from __future__ import annotations

import ast
from pathlib import Path

FILE = "docs/package.md"
PACKAGE = "course_utils"
HEAD = """# What is where in `course_utils`

Made by `course build` from the modules' own first lines. Notebooks import from the packages' short paths;
every public name has a docstring with shapes, units and errors.
"""


def page(root: Path) -> str:
    """The whole page: the single modules first, then a section for each package.

    Args:
        root: the course folder, in which the package lies.
    """
    package = root / PACKAGE
    parts = [HEAD, _table(sorted(package.glob("*.py")), package)]
    for init in sorted(package.glob("*/__init__.py")):
        room = init.parent
        parts.append(f"## `{PACKAGE}.{room.name}`\n\n{_docstring(init)}\n")
        parts.append(_table(sorted(room.rglob("*.py")), room))
    return "\n".join(parts)


def _table(files: list[Path], room: Path) -> str:
    """A row for each module, and for each package below ``room``, which is named by its folder."""
    shown = (path.relative_to(room) for path in files if path != room / "__init__.py")
    lines = [f"| `{_called(path)}` | {_docstring(room / path).splitlines()[0]} |" for path in shown]
    return "\n".join(["| module | what it is |", "|---|---|", *lines]) + "\n"


def _called(path: Path) -> str:
    return f"{path.parent.as_posix()}/" if path.name == "__init__.py" else path.as_posix()


def _docstring(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.replace("``", "`").replace("|", "\\|")
