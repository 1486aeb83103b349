"""README: its tree repeats the modules' first lines, and its commands exist."""

import ast
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "course_utils"


def first_line(path: Path) -> str:
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").splitlines()[0]


def tree() -> str:
    """What README should say: each module and sub-package with the first line of its docstring."""
    modules = sorted(p for p in PACKAGE.glob("*.py") if p.name != "__init__.py")
    packages = sorted(p for p in PACKAGE.glob("*/__init__.py"))
    rows = [(p.name, first_line(p)) for p in modules] + [(f"{p.parent.name}/", first_line(p)) for p in packages]
    return "".join(f"  {name:<16}{text}\n" for name, text in rows)


def test_the_tree_repeats_the_modules_first_lines():
    assert tree() in README, f"README's tree should read:\n{tree()}"


def commands() -> list[list[str]]:
    found = re.findall(r"^course (.+)$|`course ([a-z][^`]*)`", README, flags=re.M)
    return [(a or b).split("#")[0].split() for a, b in found]


@pytest.mark.parametrize("name", sorted({command[0] for command in commands()}))
def test_commands_exist_and_have_help(name):
    from course_utils.cli import app

    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("command", [" ".join(c) for c in commands()])
def test_options_of_commands_are_real(command):
    from course_utils.cli import app

    name, *arguments = command.split()
    text = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    for option in (a.split("=")[0] for a in arguments if a.startswith("--")):
        assert option in text, f"{option} is no option of course {name}"
