"""Experiments rest while a submission is graded: the released ones, and nothing that students wrote."""

import textwrap
from types import SimpleNamespace

from courses import ROOT

from course_utils.authoring import release
from course_utils.course import experiments

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
    left = experiments.reduced(lines(CELL), {experiments.fingerprint(CELL)})
    names = {"session": SimpleNamespace(preprocess="by the weights' constants")}
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
    assert experiments.reduced(changed, {experiments.fingerprint(CELL)}) is changed


def test_blank_lines_around_a_cell_do_not_count():
    assert experiments.fingerprint("\n" + CELL + "\n\n") == experiments.fingerprint(CELL)


def test_the_list_holds_experiments_and_no_cell_of_an_exercise_and_no_set_up():
    known = set(experiments.LIST.read_text(encoding="utf-8").split())
    for source in release.read_sources(ROOT):
        code = [cell for cell in source.cells if cell.kind == "code"]
        listed = [cell for cell in code if experiments.fingerprint(cell.source) in known]
        assert listed == source.experiments and len(listed) > 10
        assert not any(cell.role or "start(" in cell.source for cell in listed)


def test_outside_of_ipython_nothing_happens():
    experiments.rest()
