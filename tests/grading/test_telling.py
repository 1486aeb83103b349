"""Of what ran behind a hidden test only words of ours are told, whatever a submission makes of its errors and reports."""

from __future__ import annotations

import nbformat
import pytest

from course_utils.checks import report as checks_report
from course_utils.checks.core import run
from course_utils.checks.report import CheckFailed, Wrong
from course_utils.grading.gradebook import telling

SECRET = "the expected value is 1234"
TEST = """
def hidden_test():
    for label, n in (("first", 3), ("1234 as an input", 1234)):
        assert answer(n), "statistics: a pair"
        assert answer(n), f"statistics: {label} of {n}"
        values.same(f"statistics: {label}", answer(n), 2 * n)
    if not answer(4):
        raise AssertionError("statistics: four")
"""


def error(name: str, message: str = ""):
    return nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[SECRET])


@pytest.mark.parametrize(
    "name, message, told",
    [
        ("AssertionError", "statistics: a pair", "statistics: a pair"),
        ("AssertionError", "statistics: four", "statistics: four"),
        ("AssertionError", "statistics: mean", "statistics: mean"),  # a label of our own run
        ("AssertionError", "statistics: first of 3", "statistics: ... of ..."),
        ("AssertionError", f"statistics: {SECRET}", "statistics: ..."),
        ("AssertionError", "1234 as an input", ""),
        ("AssertionError", SECRET, ""),
        ("AssertionError", "", ""),
        ("TypeError", SECRET, "TypeError on an input of the hidden test"),
        (SECRET, SECRET, f"{telling.AN_ERROR} on an input of the hidden test"),
        ("_1234", "", f"{telling.AN_ERROR} on an input of the hidden test"),
        ("LibraryAnswer", SECRET, telling.LIBRARY),
        ("Wrong", SECRET, telling.SIGNATURE),
    ],
)
def test_why_a_test_failed(name, message, told):
    assert telling.category(error(name, message), TEST, ["statistics: mean"]) == told


def printed(*cases, **answers) -> str:
    import contextlib
    import io

    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(CheckFailed):
        run("a title", cases)
    return text.getvalue()


def test_a_report_of_ours_is_told_without_values(monkeypatch):
    def shape():
        """The shape is right."""
        raise Wrong("a pair", SECRET, "the mean was taken over pictures", SECRET)

    ours = {"The shape is right", "the mean was taken over pictures", "a pair"}
    monkeypatch.setattr(telling, "_texts", lambda: frozenset(ours))
    said = telling.report(printed(shape))
    assert said.splitlines() == [
        "  FAIL  The shape is right",
        "          expected  a pair",
        "          likely    the mean was taken over pictures",
    ]


def test_a_forged_report_carries_nothing_of_its_own():
    forged = "\n".join(
        [
            SECRET,
            f"  FAIL  {SECRET}",
            f"          likely    {SECRET}",
            f"  ok    {SECRET}  {SECRET}",
            f"  1234  {SECRET}",
            "1234 of 1234 passed",
        ]
    )
    assert telling.report(forged) == ""
    known = sorted(
        text for text in telling._texts() if "\n" not in text and "  " not in text and len(text) > 20
    )[0]
    repeated = f"  FAIL  {known}\n  ok    {known}\n" * 500
    assert telling.report(repeated) == f"  FAIL  {known}"


def test_the_texts_of_our_checks_are_known():
    assert "write out what it does" not in telling._texts()
    assert any("frozen" in text for text in telling._texts())
    assert telling.TEXT_WIDTH == checks_report.TEXT_WIDTH


@pytest.mark.parametrize(
    "source, told",
    [
        ("def f(x) return x", "SyntaxError: expected ':' (line 1)"),
        ("%time x = 1\ndef f(x):\n    return (x", "SyntaxError: '(' was never closed (line 3)"),
        ("\n\n%time 1\nx = = 2", "SyntaxError: invalid syntax (line 4)"),
        ("%time x = 1\nfor i in range(3):\n    !ls", None),
        ('text = ("%d parameters"\n        % 3)', None),
        ("def f(x):\n    return x", None),
        ("(" * 10_000, "SyntaxError"),
        ("\x00", "SyntaxError"),
    ],
)
def test_what_is_no_python_is_said_here(source, told):
    said = telling.syntax_error(source)
    assert said.startswith(told) if told else said == ""
