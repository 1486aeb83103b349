"""README, CONTRIBUTING and the pages of docs/: as built, short, and every link and command in them is right."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from courses import ROOT

from course_utils.authoring import package_map, picture

README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SCREENS = 120  # lines: three screens
PROGRAMS = Path(sys.executable).parent


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", text(page), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(page: Path, program: str) -> list[list[str]]:
    """The words of each line of a code block that calls the program, comments left out."""
    lines = re.findall(rf"^ {{4,}}(?:\.venv/bin/)?({program}\b.*)$", text(page), re.M)
    return [shlex.split(line, comments=True) for line in lines]


def test_readme_fits_on_three_screens():
    assert len(text(README).splitlines()) <= SCREENS


def test_every_page_is_reached_from_readme():
    linked = set(re.findall(r"\]\(([\w./-]+)", text(README)))
    assert {page.relative_to(ROOT).as_posix() for page in PAGES[1:]} <= linked


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_make_knows_what_pages_ask_it_for(page, tmp_path):
    stamp = tmp_path / "venv" / "installed"
    stamp.parent.mkdir()
    stamp.touch()
    os.utime(stamp, (2e9, 2e9))
    told = ("MAKE", "MFLAGS", "VENV", "PYTHON", "BUDGET", "DATA", "WEIGHTS", "ARGS")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(told)}
    for words in commands(page, "make"):
        command = [*words, "--dry-run", f"VENV={stamp.parent}"]
        result = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr


@pytest.mark.pinned
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_programs_of_the_environment_are_there(page):
    for program in set(re.findall(r"(?<!source\s)\.venv/bin/(\w[\w-]*)", text(page))):
        assert shutil.which(program, path=PROGRAMS), program


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_tests_that_pages_name_are_there(page):
    for words in commands(page, "python -m pytest"):
        assert all((ROOT / word).exists() for word in words[3:] if "/" in word), words


def test_the_package_page_repeats_the_first_lines_of_the_modules():
    assert text(ROOT / package_map.FILE) == package_map.page(ROOT), "run `course build`"


def test_the_picture_is_drawn_from_what_was_recorded():
    curves, facts = picture.read_curves()
    assert text(ROOT / picture.FILE) == picture.draw(curves, facts), "run `course build`"
    assert picture.in_readme(curves, facts) in text(README)
