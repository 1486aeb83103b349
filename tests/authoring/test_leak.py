"""No solution and no hidden test reaches students: the chapters' hand-out, opened."""

from __future__ import annotations

import json
import re
import shutil
import zipfile

import pytest
from courses import ROOT, make_course, texts

from course_utils.authoring import handout, release
from course_utils.authoring.source import Source

pytestmark = pytest.mark.slow

TEXTS = sorted((ROOT / "solutions").glob("*.py"))
TELLING = 24  # characters; a shorter line, or an import, may stand anywhere


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    return list(texts().values())


@pytest.fixture(scope="module")
def given(tmp_path_factory) -> dict[str, str]:
    """Every text that students get, by name: notebooks, and the files of the wheel."""
    course = make_course(tmp_path_factory.mktemp("leak") / "course", *TEXTS)
    shutil.copytree(ROOT / "course_utils", course / "course_utils")
    release.build(course)
    folder, files = course.parent / "handout", {}
    for path in handout.make_handout(course, folder):
        if path.suffix != ".whl":
            files[path.relative_to(folder).as_posix()] = path.read_text(encoding="utf-8")
            continue
        with zipfile.ZipFile(path) as wheel:
            texts = [name for name in wheel.namelist() if not name.endswith(".safetensors")]
            files |= {name: wheel.read(name).decode("utf-8") for name in texts}
    return files


def lines_of(name: str, text: str) -> list[str]:
    """The stripped lines of a file that are not blank; of a notebook those of its cells."""
    if name.endswith(".ipynb"):
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    return [line.strip() for line in text.splitlines() if line.strip()]


def regions(source: Source, kind: str) -> list[list[str]]:
    """The lines of each marked region."""
    return [
        [line.strip() for line in cell.lines[r.begin + 1 : r.end] if line.strip()]
        for cell in source.cells
        for r in cell.regions
        if r.kind == kind
    ]


def telling(lines: list[str]) -> set[str]:
    return {line for line in lines if len(line) >= TELLING and not line.startswith(("import ", "from "))}


def test_there_is_something_to_hide(sources, given):
    assert all(regions(s, "SOLUTION") and regions(s, "HIDDEN TESTS") for s in sources)
    assert {f"notebooks/{s.name}/{s.name}.ipynb" for s in sources} <= set(given)
    assert "course_utils/checks/core.py" in given


def test_notebooks_hold_no_marker_and_no_secret_line(sources, given):
    secret = {
        line
        for s in sources
        for kind in ("SOLUTION", "HIDDEN TESTS")
        for r in regions(s, kind)
        for line in telling(r)
    }
    for name, text in given.items():
        if name.endswith(".ipynb"):
            assert not re.search(r"(BEGIN|END) (SOLUTION|HIDDEN)", text, re.I), name
            assert not secret & set(lines_of(name, text)), name


def test_no_hidden_test_is_in_the_wheel(sources, given):
    """Neither an assertion nor three lines in a row; single lines may agree with the library."""
    hidden = [r for s in sources for r in regions(s, "HIDDEN TESTS")]
    asserts = {line for r in hidden for line in telling(r) if line.startswith("assert")}
    passages = {"\n".join(r[i : i + 3]) for r in hidden for i in range(len(r) - 2)}
    assert passages
    for name, text in given.items():
        lines = lines_of(name, text)
        assert not asserts & set(lines), name
        assert not passages & {"\n".join(lines[i : i + 3]) for i in range(len(lines) - 2)}, name


def test_no_solution_is_in_the_wheel_word_for_word(sources, given):
    """The library solves the exercises in its own words: lines may agree, not a whole answer."""
    texts = {name: "\n".join(lines_of(name, text)) for name, text in given.items()}
    for source in sources:
        for solution in ("\n".join(r) for r in regions(source, "SOLUTION") if len(r) > 1):
            for name, lines in texts.items():
                assert solution not in lines, (source.name, name)


def test_the_wheel_has_neither_solutions_nor_tests(given):
    wheel = [name for name in given if name.startswith("course_utils")]
    assert not [n for n in wheel if re.search(r"solutions|tests?/|answers|\.ipynb$", n)]


def test_a_leak_would_be_noticed(sources):
    region = next(r for r in regions(sources[0], "HIDDEN TESTS") if telling(r))
    assert telling(region) & set(lines_of("x.py", "\n    ".join(region)))
    notebook = {"cells": [{"source": [line + "\n" for line in region]}]}
    assert telling(region) & set(lines_of("x.ipynb", json.dumps(notebook)))
