"""Experiments rest while a submission is graded: the released ones, and nothing that students wrote."""

import textwrap
from types import SimpleNamespace

import pytest
from courses import texts

from course_utils.authoring.cells import cell_ids
from course_utils.course import experiments
from course_utils.course.released import fingerprint, read_experiments

CELL = textwrap.dedent("""\
    import math
    from pathlib import Path
    SIZES, NAMES = (1, 2), {"a": [3.0]}
    prep = session.preprocess
    trained = fit_for_hours()
    def area(r):
        return math.pi * r**2
    class Box:
        pass
    print(trained)
    trained
    """)


def lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def test_imports_definitions_and_constants_of_a_known_cell_stay(capsys):
    names = {"session": SimpleNamespace(preprocess="by the weights' constants")}
    left = experiments.reduced(lines(CELL), {fingerprint(CELL)}, names)
    exec("".join(left), names)
    assert {
        "math",
        "Path",
        "SIZES",
        "NAMES",
        "area",
        "Box",
        "prep",
    } <= names.keys() and "trained" not in names
    assert names["area"](1) > 3
    assert capsys.readouterr().out == "an experiment: not run while grading\n"


def test_a_cell_that_was_changed_runs_as_it_is():
    changed = lines(CELL + "more = 1\n")
    assert experiments.reduced(changed, {fingerprint(CELL)}, {}) is changed


def kept(cell: str, *names: str) -> list[str]:
    return experiments.reduced(lines(cell), {fingerprint(cell)}, names)[:-1]


@pytest.mark.parametrize(
    "statement, stays",
    [
        ("preprocess = run.preprocess", True),
        ("preprocess = other.preprocess", False),
        ("run.rate = 0.1", False),
        ("rates['a'] = 0.1", False),
        ("a, (b, c) = (1, (2, 3))", True),
        ("a = b = {'c': [1.5]}", True),
        ("total = run.total + 1", False),
        ("best = run.results.best", False),
    ],
)
def test_whatever_the_session_is_called_attributes_of_what_is_there_stay(statement, stays):
    assert kept(statement, "run") == ([f"{statement}\n"] if stays else [])


def test_what_a_cell_keeps_counts_as_there():
    cell = "import math as m\nturn = m.tau\nplan = run.plan\nepochs = plan.epochs\nlost = gone.plan\nx = lost.epochs\n"
    assert kept(cell, "run") == lines(cell)[:4]


def test_blank_lines_around_a_cell_do_not_count():
    assert fingerprint("\n" + CELL + "\n\n") == fingerprint(CELL)


def test_the_list_holds_experiments_and_no_cell_of_an_exercise_and_no_set_up():
    for source in texts().values():
        known = read_experiments(source.name)
        by_id = dict(zip(cell_ids(source.cells), source.cells, strict=True))
        listed = [by_id[id_] for id_ in known]
        assert [fingerprint(cell.source) for cell in listed] == list(known.values())
        assert listed == source.experiments and len(listed) > 10
        assert not any(cell.role or "session = start(" in cell.source for cell in listed)


def test_a_notebook_that_was_not_released_has_no_experiments():
    assert read_experiments("90_sample") == {}


def test_in_ipython_the_cells_that_follow_are_cut_down(monkeypatch):
    shell = SimpleNamespace(input_transformers_post=[], user_ns={"session": 1})
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    monkeypatch.setattr(experiments, "read_experiments", lambda name: {"cell-1": fingerprint(f"{name}(1)")})
    experiments.rest("long")
    (transform,) = shell.input_transformers_post
    assert transform(["long(1)\n"]) == [experiments.RESTS] and transform(["own(1)\n"]) == ["own(1)\n"]


def test_outside_of_ipython_nothing_happens():
    experiments.rest("01_concepts")
