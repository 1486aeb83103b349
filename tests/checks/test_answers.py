"""The bank of wrong and right answers: what the checks say to each, and the points it gets.

An answer is a file in ``answers/<exercise>``, its transcript beside it. A wrong answer names in its
first line the graded cells that must fail. After a change of the checks, write the transcripts
anew with ``pytest tests/checks/test_answers.py --update-transcripts`` and read the difference.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import pkgutil
import re
import warnings
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from exercises import ROOT, cells, hidden_tests, stub
from torch import nn

from course_utils import checks
from course_utils.checks import report
from course_utils.checks.finetune import cleaning
from course_utils.checks.mistakes import Mistake
from course_utils.checks.report import CheckFailed

pytestmark = pytest.mark.slow

ANSWERS = ROOT / "tests" / "answers"
FILES = sorted(ANSWERS.glob("*/*.py"))
KEYS = sorted(cells("check"))
NUMBER = re.compile(r"-?\d+\.\d+(?:e[+-]?\d+)?")
CHAPTERS = [
    importlib.import_module(f"{checks.__name__}.{module.name}")
    for module in pkgutil.iter_modules(checks.__path__)
    if module.ispkg
]
MODULES = [
    importlib.import_module(f"{chapter.__name__}.{module.name}")
    for chapter in CHAPTERS
    for module in pkgutil.iter_modules(chapter.__path__)
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_answer_gets_its_transcript_and_its_points(file: Path, request):
    key = file.parent.name
    answer = _run(file.read_text(), str(file))
    report, passed = _check(key, answer)
    verdicts = _grade(key, answer)

    first_line = file.read_text().splitlines()[0]
    must_fail = first_line.removeprefix("# fails: ").split() if file.stem.startswith("wrong_") else []
    assert [id_ for id_, verdict in verdicts.items() if verdict != "passed"] == must_fail
    assert passed == (not must_fail)

    lines = [report, *(f"hidden tests {id_}: {verdict}" for id_, verdict in verdicts.items())]
    transcript = "\n".join(lines) + "\n"
    expected = file.with_suffix(".txt")
    if request.config.getoption("--update-transcripts"):
        expected.write_text(transcript)
    assert _words(transcript) == _words(expected.read_text())
    assert _numbers(transcript) == pytest.approx(_numbers(expected.read_text()), rel=5e-3, abs=1e-5)


@pytest.mark.parametrize("key", KEYS)
def test_there_are_enough_answers(key):
    names = [file.stem for file in FILES if file.parent.name == key]
    assert sum(name.startswith("wrong_") for name in names) >= 4
    assert sum(name.startswith("right_") for name in names) >= 5
    assert len(hidden_tests(key)) >= 2


def test_no_transcript_without_an_answer():
    assert {file.with_suffix("") for file in ANSWERS.glob("*/*.txt")} == {
        file.with_suffix("") for file in FILES
    }


@pytest.mark.parametrize("key", KEYS)
def test_untouched_stub_is_not_tried(key):
    answer = _run(stub(key))
    report, passed = _check(key, answer)
    assert report.splitlines()[1:] == ["  not tried yet: replace `raise NotImplementedError` by your answer"]
    assert passed
    assert "passed" not in _grade(key, answer).values()


@pytest.mark.parametrize("key", KEYS)
def test_our_own_answer_passes(key):
    report, passed = _ours(key)
    assert passed and "FAIL" not in report and "OURS" not in report
    assert set(_grade(key, _run(cells("answer")[key])).values()) == {"passed"}


def test_one_of_two_functions_may_wait():
    answer = _run(stub("freeze"))
    answer["freeze_backbone"] = _run(cells("answer")["freeze"])["freeze_backbone"]
    report, passed = _check("freeze", answer)
    assert passed
    assert "  ok    only the head is trainable" in report
    assert report.count("not tried yet") == 9
    assert report.splitlines()[-1] == "3 of 12 passed"


def test_distances_that_torch_rounds_are_told_whatever_the_processor_makes_of_them():
    def find_leaks(train_images, test_images):
        a, b = train_images.flatten(1).float(), test_images.flatten(1).float()
        return (torch.cdist(b, a) == 0).any(1).nonzero().flatten().tolist()

    report, passed = _check("clean_data", _run(cells("answer")["clean_data"]) | {"find_leaks": find_leaks})
    assert passed or re.findall("likely +(.*)", report) == [cleaning.ROUNDED[0]]


@pytest.mark.parametrize(
    "module", MODULES, ids=lambda module: module.__name__.removeprefix("course_utils.checks.")
)
def test_every_mistake_has_an_answer_that_makes_it(module):
    said = _transcripts()
    mistakes = [mistake for value in vars(module).values() for mistake in _mistakes_in(value)]
    assert [mistake.likely for mistake in mistakes if mistake.likely not in said] == []
    assert [mistake.remedy for mistake in mistakes if mistake.remedy not in said] == []


@pytest.mark.parametrize(
    "module", MODULES, ids=lambda module: module.__name__.removeprefix("course_utils.checks.")
)
def test_every_case_fails_for_some_answer(module):
    said = _transcripts()
    names = [case.__doc__.splitlines()[0].rstrip(".") for case in getattr(module, "CASES", ())]
    assert [name for name in names if f"  FAIL  {name}" not in said] == []
    assert all(len(name) <= report.NAME_WIDTH for name in names)


def test_no_answer_breaks_a_check():
    assert "OURS" not in _transcripts()


def test_points_name_the_checks():
    for key in KEYS:
        _ours(key)
    titles = [title for chapter in CHAPTERS for title in chapter.POINTS]
    assert sorted(titles) == sorted(set(report.REPORTS) & set(titles))


def _run(source: str, filename: str = "<cell>") -> dict:
    """Execute a cell with the imports of the notebook; return its names."""
    names = {"torch": torch, "F": F, "nn": nn, "checks": checks}
    exec(compile(source, filename, "exec"), names)
    return names


@functools.cache
def _ours(key: str) -> tuple[str, bool]:
    """What the check says to our own answer."""
    return _check(key, _run(cells("answer")[key]))


def _check(key: str, answer: dict) -> tuple[str, bool]:
    """Run the check cell; return what is printed, errors last, and whether nothing was raised."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), warnings.catch_warnings(record=True):
        try:
            exec(cells("check")[key], answer)
        except CheckFailed as failed:
            (line,) = failed._render_traceback_()
            print(line)
    report = printed.getvalue().replace(f"{ROOT}/", "").rstrip("\n")
    return report, "CheckFailed" not in report


def _grade(key: str, answer: dict) -> dict[str, str]:
    """Run the graded cells; for each "passed" or the message of its failure."""
    verdicts = {}
    for id_, source in hidden_tests(key).items():
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(record=True):
            try:
                exec(source, dict(answer))
            except AssertionError as failed:
                verdicts[id_] = str(failed)
            except Exception as problem:
                verdicts[id_] = type(problem).__name__
            else:
                verdicts[id_] = "passed"
    return verdicts


def _words(transcript: str) -> str:
    return NUMBER.sub("#", transcript)


def _numbers(transcript: str) -> list[float]:
    """Those with a decimal point: their last digits are the processor's."""
    return [float(number) for number in NUMBER.findall(transcript)]


def _mistakes_in(value: object) -> list[Mistake]:
    if isinstance(value, Mistake):
        return [value]
    return [item for item in value if isinstance(item, Mistake)] if isinstance(value, tuple) else []


def _transcripts() -> str:
    return "\n".join(file.read_text() for file in ANSWERS.glob("*/*.txt"))
