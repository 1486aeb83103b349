"""The short paths: what each package offers, and that notebooks take nothing else."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import jupytext
import pytest
from courses import ROOT

PACKAGE = ROOT / "course_utils"
PACKAGES = [".".join(p.parent.relative_to(ROOT).parts) for p in sorted(PACKAGE.rglob("__init__.py"))]
TEXTS = sorted((ROOT / "solutions").glob("*.py"))


def folder_of(package: str) -> Path:
    return ROOT.joinpath(*package.split("."))


def modules_in(package: str) -> set[str]:
    folder = folder_of(package)
    files = {p.stem for p in folder.glob("*.py")} - {"__init__", "__main__"}
    return files | {p.parent.name for p in folder.glob("*/__init__.py")}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_where_to_start_reading(package):
    doc = ast.get_docstring(ast.parse((folder_of(package) / "__init__.py").read_text(encoding="utf-8")))
    start = doc.partition("Start reading in ")[2]
    assert start, doc
    named = re.findall(r"``([\w/]+(?:\.py|/))``", start)
    assert named and all((folder_of(package) / name).exists() for name in named), named


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_lists_its_public_names(package):
    names = importlib.import_module(package).__all__
    assert list(names) == sorted(set(names))
    for name in names:
        assert public(importlib.import_module(package), name) is not None


@pytest.mark.parametrize("package", [p for p in PACKAGES if ".checks" not in p])
def test_no_public_name_hides_a_module(package):
    """A grader that looks for what was replaced would find a function where a module should be."""
    names = set(importlib.import_module(package).__all__) & modules_in(package)
    things = {name: public(importlib.import_module(package), name) for name in names}
    assert [name for name, thing in things.items() if not isinstance(thing, ModuleType)] == []


@pytest.mark.parametrize("package", ["authoring", "course", "grading", "grading.gradebook", "grading.guard"])
def test_packages_that_offer_modules_offer_all(package):
    package = f"course_utils.{package}"
    assert set(importlib.import_module(package).__all__) == modules_in(package)


def public(module: ModuleType, name: str) -> object:
    """What a module offers under a name; a package offers what it lists, and its modules if it lists them."""
    package = hasattr(module, "__path__")
    if package and module.__name__ != "course_utils" and name not in module.__all__:
        return None
    if package and name in modules_in(module.__name__) and not hasattr(module, name):
        return importlib.import_module(f"{module.__name__}.{name}")
    return getattr(module, name, None)


def strangers(cells: list[str]) -> Iterator[str]:
    """What the cells of a notebook take from the package by another path than a short one."""
    shared: dict[str, ModuleType] = {}  # what later cells see, too
    for tree in map(ast.parse, cells):
        modules = dict(shared)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (a.name for a in node.names if a.name.startswith("course_utils"))
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "course_utils":
                yield from imported(node, shared if node in tree.body else modules)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute):
                yield from reached(node, shared | modules)


def imported(node: ast.ImportFrom, modules: dict[str, ModuleType]) -> Iterator[str]:
    """Of one import what is not public; its modules are remembered."""
    if node.module.count(".") > 1:
        yield node.module
        return
    module = importlib.import_module(node.module)
    for alias in node.names:
        thing = public(module, alias.name)
        if thing is None:
            yield f"{node.module}.{alias.name}"
        modules.pop(alias.asname or alias.name, None)
        if isinstance(thing, ModuleType):
            modules[alias.asname or alias.name] = thing


def reached(node: ast.Attribute, modules: dict[str, ModuleType]) -> Iterator[str]:
    """``checks.finetune.stem``, where ``stem`` is not public in ``checks.finetune``."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    thing = modules.get(node.id) if isinstance(node, ast.Name) else None
    for name in reversed(names):
        if not isinstance(thing, ModuleType):
            return
        path, thing = f"{thing.__name__}.{name}", public(thing, name)
        if thing is None:
            yield path


@pytest.mark.parametrize("text", TEXTS, ids=lambda p: p.stem)
def test_notebooks_take_public_names_by_short_paths(text):
    cells = [cell.source for cell in jupytext.read(text).cells if cell.cell_type == "code"]
    assert any("### BEGIN HIDDEN TESTS" in cell for cell in cells)
    assert set(strangers(cells)) == set()


def test_other_paths_are_noticed():
    cells = [
        "import course_utils.zoo\nfrom course_utils.models.heads import find_head",
        "def hidden_test():\n    from course_utils import checks\n    checks.finetune.tiny.build()",
        "from course_utils.data import ImageSet, imagine\nfrom course_utils import training as library",
        "library.fitting.fit\nlibrary.fit\nlibrary.fot",
    ]
    assert set(strangers(cells)) == {
        "course_utils.zoo", "course_utils.models.heads", "course_utils.checks.finetune.tiny",
        "course_utils.data.imagine", "course_utils.training.fitting", "course_utils.training.fot",
    }  # fmt: skip


REFERENCE = re.compile(r":(?:func|class|mod|data):`~?([\w.]+)`|:meth:`~?(course_utils[\w.]+)`")
WITH_REFERENCES = [
    p for p in sorted(PACKAGE.rglob("*.py")) if REFERENCE.search(p.read_text(encoding="utf-8"))
]


def leads_somewhere(reference: str, module: ModuleType) -> bool:
    """Whether there is what a docstring refers to: in its module, or by its full path."""
    if has(module, reference.split(".")):
        return True
    names = reference.split(".")
    for end in range(len(names), 0, -1):
        try:
            found = importlib.import_module(".".join(names[:end]))
        except ImportError:
            continue
        return has(found, names[end:])
    return False


def has(thing: object, names: list[str]) -> bool:
    return not names or (hasattr(thing, names[0]) and has(getattr(thing, names[0]), names[1:]))


@pytest.mark.parametrize("path", WITH_REFERENCES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_references_in_docstrings_lead_somewhere(path):
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    module = importlib.import_module(name)
    found = [one or other for one, other in REFERENCE.findall(path.read_text(encoding="utf-8"))]
    assert [reference for reference in found if not leads_somewhere(reference, module)] == []
