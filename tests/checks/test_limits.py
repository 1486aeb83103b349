"""Answers that hang, print without end, end the program or were interrupted; cells that did not run."""

from __future__ import annotations

import sys
import time

import pytest
from IPython.core.interactiveshell import InteractiveShell
from test_checks_core import CASES, doubles_three

from course_utils.checks import cells, core, report
from course_utils.checks.graded import own_work
from course_utils.checks.limits import TooLong, time_limit
from course_utils.checks.report import CheckFailed, LibraryAnswer

CHECK = (
    "from course_utils.checks.core import run\nfrom test_checks_core import CASES\n"
    'run("double", CASES, double)'
)
GOOD, BROKEN = "def double(x):\n    return 2 * x", "def double(x):\n    return x +"


def failure(capsys, answer, cases=CASES) -> str:
    with pytest.raises(CheckFailed):
        core.run("double", cases, answer)
    return capsys.readouterr().out


def test_an_answer_that_hangs_is_stopped_and_its_line_named(capsys, monkeypatch):
    monkeypatch.setattr(core, "CASE_SECONDS", 0.2)

    def double(x):
        while True:
            try:
                time.sleep(0.01)
            except Exception:  # swallows what it can
                pass

    out = failure(capsys, double)
    assert "got       no end within 0.2 seconds" in out
    assert "of your cell: time.sleep(0.01)" in out
    assert "skip  the double of a list" in out


def test_a_limit_ends_with_its_block():
    with time_limit(0.05):
        pass
    time.sleep(0.1)
    with pytest.raises(TooLong), time_limit(0.05):
        time.sleep(1)


def test_an_interrupt_leaves_a_report_of_what_is_known(capsys):
    def again(double):
        """once more."""

    def double(x):
        if x == [1]:
            raise KeyboardInterrupt
        return 2 * x

    out = failure(capsys, double, cases=(*CASES, again))
    assert "ok    the double of 3" in out
    assert "got       an interrupt" in out and "of your cell: raise KeyboardInterrupt" in out
    assert "skip  once more" in out and "interrupted before" in out
    assert report.REPORTS["double"].count("ok") == 1


def test_an_answer_that_exits_is_a_failed_case(capsys):
    out = failure(capsys, lambda x: sys.exit(0))
    assert "got       SystemExit: your answer ends the whole program" in out
    assert "the double of a list" in out


def test_a_flood_of_prints_is_cut(capsys):
    def double(x):
        for i in range(100_000):
            print("step", i)
        return 2 * x

    core.run("double", (doubles_three,), double)
    out = capsys.readouterr().out
    assert "step 100\n" in out and out.count("it is cut here") == 1
    assert len(out) < core.MOST_PRINTED + 500
    assert out.endswith("1 of 1 passed\n")


def test_a_few_prints_are_shown(capsys):
    core.run("double", (doubles_three,), lambda x: print("x is", x) or 2 * x)
    assert "x is 3\n" in capsys.readouterr().out


@pytest.fixture
def notebook(capsys):
    """Run cells as a notebook does; each gives what it prints."""
    shell = InteractiveShell()
    noted = cells.Cells(shell.user_ns)
    shell.events.register("pre_run_cell", noted.begin)
    shell.events.register("post_run_cell", noted.end)
    shell.user_ns["report"] = report

    def run(source: str) -> str:
        shell.run_cell(source, store_history=True)
        return capsys.readouterr().out

    yield run
    cells.OUTDATED.clear()


def progress(notebook) -> str:
    return notebook('report.progress({"double": 2}, written={})')


@pytest.mark.parametrize(
    "otherwise",
    [
        "if True:\n    def double(x):\n        return 2 * x",
        "from typing import Callable\ndouble: Callable = lambda x: 2 * x",
        "import operator, functools\nfor double in [functools.partial(operator.mul, 2)]:\n    pass",
    ],
)
def test_an_answer_that_is_new_is_checked_however_it_is_defined(notebook, otherwise):
    notebook(BROKEN)
    notebook(otherwise)
    assert "2 of 2 passed" in notebook(CHECK)
    assert "passed" in progress(notebook)


def test_a_check_does_not_pass_on_what_an_older_cell_left(notebook):
    notebook(GOOD)
    assert "2 of 2 passed" in notebook(CHECK)
    notebook(BROKEN)
    out = notebook(CHECK)
    assert "FAIL  the cell that defines double" in out and "got       SyntaxError: " in out
    assert "double: 1 of 1 failed" in out
    notebook(GOOD)
    assert "2 of 2 passed" in notebook(CHECK)


def test_a_cell_that_stops_before_its_definition_is_seen(notebook):
    notebook(GOOD)
    notebook(f"import no_such_module\n{GOOD}")
    assert "got       ModuleNotFoundError: " in notebook(CHECK)


def test_a_cell_that_stops_behind_its_definition_has_defined_it(notebook):
    notebook(GOOD)
    notebook(f"{GOOD}\n1 / 0")
    assert "2 of 2 passed" in notebook(CHECK)


@pytest.mark.parametrize("later", ["def double(x):\n    return x", BROKEN])
def test_progress_counts_no_pass_of_an_answer_that_has_changed_since(notebook, later):
    notebook(GOOD), notebook(CHECK)
    assert "2 of 2  passed" in progress(notebook)
    notebook(later)
    assert "0 of 2  your answer has changed since its check" in progress(notebook)
    notebook(GOOD), notebook(CHECK)
    assert "2 of 2  passed" in progress(notebook)


def test_outside_of_a_notebook_no_cell_is_watched(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)
    cells.watch_cells()


def _imported():
    from course_utils.checks.concepts.ranking import _topk

    return _topk


def _called():
    from course_utils.checks.concepts import ranking

    return lambda logits, labels, k: ranking._topk(logits, labels, k)


def _from_a_mistake():
    from course_utils.checks.concepts.ranking import MISTAKES

    return MISTAKES[0].imitate


@pytest.mark.parametrize("make", [_imported, _called, _from_a_mistake])
def test_the_checks_own_reference_is_no_answer(make):
    from course_utils.checks.concepts.ranking import _sample

    with pytest.raises(LibraryAnswer):
        own_work(make())(*_sample(), 1)


def test_what_a_check_hands_out_may_be_used():
    from course_utils.checks.concepts.streaming import Feed, _shaded
    from course_utils.checks.residual.formula import _bent

    assert len(own_work(list)(Feed(_shaded()))) == 4
    assert own_work(lambda f, x: f(x).shape)(_bent, _bent.__globals__["MATRIX"][0]) == (4,)
