"""The table of promises names tests that exist, and keeps all of its rows."""

from __future__ import annotations

import re

import pytest
from courses import ROOT

PROMISES = (
    *("no network", "no reading", "no writing", "no trace", "no other student's loss", "no forged points"),
    *("nothing active in pages", "no hidden text in feedback", "the class always finishes"),
)
COLUMNS = 5
TESTS = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")}
PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
ROWS = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("| **")]


def test_every_promise_has_its_row():
    assert tuple(re.match(r" \*\*(.+?)\*\*", row[0])[1] for row in ROWS) == PROMISES
    assert {len(row) for row in ROWS} == {COLUMNS}


@pytest.mark.parametrize("row", ROWS, ids=PROMISES)
def test_its_tests_exist(row):
    names, cases = re.findall(r"`(test_\w+)`", row[3]), re.findall(r"\*(.+?)\*", row[3])
    defined = "\n".join(TESTS.values())
    assert names
    assert [name for name in names if f"def {name}(" not in defined] == []
    assert [case for case in cases if f'"{case}": ' not in defined] == []


def test_the_files_of_the_bank_exist():
    for name in re.findall(r"`(\w+\.py)`", PAGE.partition("## The bank")[2]):
        assert ROOT / "tests" / "submissions" / name in TESTS
