"""README: its tree repeats the modules' first lines."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "course_utils"


def first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").splitlines()[0]


def tree() -> str:
    """What README should say: each module and sub-package with the first line of its docstring."""
    modules = sorted(p for p in PACKAGE.glob("*.py") if p.name != "__init__.py")
    packages = sorted(p for p in PACKAGE.glob("*/__init__.py"))
    rows = [(p.name, first_line(p)) for p in modules] + [
        (f"{p.parent.name}/", first_line(p)) for p in packages
    ]
    return "".join(f"  {name:<22}{text}\n" for name, text in rows)


def test_the_tree_repeats_the_modules_first_lines():
    assert tree() in README, f"README's tree should read:\n{tree()}"
