"""`course check`: what a student learns before handing in, on a machine without nbgrader."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from courses import ROOT, cell, make_course, read, texts

from course_utils.authoring import release
from course_utils.course import handin, released
from course_utils.course.notebookfile import NotebookError, read_notebook
from course_utils.errors import CourseError, EnvironmentProblem

pytestmark = pytest.mark.slow  # most of them take a second

RIGHT = {
    "double-answer": "def double(x):\n    return x + x",
    "count-answer": "class Counter:\n    total = 0\n    def add(self): self.total += 1",
    "why": "Because.",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The built sample course, with the package beside it (without weights)."""
    folder = make_course(tmp_path_factory.mktemp("check") / "course")
    ignored = shutil.ignore_patterns("*.safetensors", "__pycache__")
    shutil.copytree(ROOT / "course_utils", folder / "course_utils", ignore=ignored)
    release.build(folder)
    return folder


@pytest.fixture(scope="module")
def known(course):
    return released.read_list(course / "course_utils" / "assets" / "released.json")


@pytest.fixture
def blank(course):
    return read(course, "notebooks")


def answered(notebook, **answers: str):
    for id_, source in {**RIGHT, **{k.replace("_", "-"): v for k, v in answers.items()}}.items():
        cell(notebook, id_).source = source
    return notebook


def save(folder, notebook, name: str = "90_sample.ipynb"):
    path = folder / name
    nbformat.write(notebook, path)
    return path


def states(report) -> dict[str, str]:
    return {exercise.title: exercise.state for exercise in report.exercises}


def repairs(notebook, known) -> list[str]:
    read_again = read_notebook(json.dumps(notebook).encode())
    return list(handin._repairs(read_again, known["90_sample"]))


@pytest.mark.slow
def test_the_list_names_what_students_got_and_holds_no_secret(course, known, blank):
    cells = known["90_sample"]
    assert [(c.id, c.role, c.exercise) for c in cells][:4] == [
        ("double-answer", "answer", "1 Double"),
        ("double-check", "check", "1 Double"),
        ("double-1", "graded", "1 Double"),
        ("double-2", "graded", "1 Double"),
    ]
    assert sum(c.points for c in cells) == 6.5
    assert not repairs(blank, known), "a fresh copy needs no repair"
    text = (course / "course_utils" / "assets" / "released.json").read_text(encoding="utf-8")
    assert "twice_the_number" not in text and "hidden" not in text


def test_the_list_is_as_built():
    """Drift of the real list is `course build --check`'s to find, and a test's."""
    known = released.read_list()
    assert set(known) == set(texts())
    resting = {name: released.read_experiments(name) for name in known}
    assert released.LIST.read_text(encoding="utf-8") == released.list_text(known, resting)


def test_a_right_notebook_is_ready_and_stays_as_it_was(tmp_path, blank, known):
    path = save(tmp_path, answered(blank), "90_sample (2).ipynb")
    before = path.read_bytes()
    report = handin.check(path, known)
    assert report.ready and not report.notes, str(report)
    assert states(report) == {"1 Double": "passed", "2 Count": "passed", "3 Why": "answered"}
    assert path.read_bytes() == before and "Ready." in str(report)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("made", [
    lambda notebook: nbformat.writes(notebook).encode("utf-16"),
    lambda notebook: nbformat.writes(notebook).encode("utf-8-sig"),
    lambda notebook: nbformat.writes(nbformat.convert(notebook, 3), version=3).encode(),
], ids=["UTF-16", "with a byte order mark", "nbformat 3"])  # fmt: skip
def test_the_check_takes_what_the_grader_takes(tmp_path, blank, known, made):
    path = tmp_path / "90_sample.ipynb"
    path.write_bytes(made(answered(blank)))
    report = handin.check(path, known)
    assert report.ready, str(report)
    assert states(report) == {"1 Double": "passed", "2 Count": "passed", "3 Why": "answered"}


def test_wrong_untried_and_own_errors_are_told_apart(tmp_path, course, blank, known):
    notebook = answered(blank, double_answer="def double(x):\n    return 3 * x")
    for id_ in ("count-answer", "why"):
        cell(notebook, id_).source = cell(read(course, "notebooks"), id_).source
    notebook.cells.append(nbformat.v4.new_code_cell("1 / 0"))
    report = handin.check(save(tmp_path, notebook), known)
    assert states(report) == {"1 Double": "FAILING", "2 Count": "not tried", "3 Why": "not answered"}
    assert not report.ready and not report.repairs and "ZeroDivisionError" in report.notes[0]


def test_what_did_not_run_is_not_called_wrong(tmp_path, blank, known):
    notebook = answered(blank, double_answer="def double(x) return x", count_answer="import os\nos._exit(3)")
    report = handin.check(save(tmp_path, notebook), known)
    one, two, _ = report.exercises
    assert (one.state, two.state) == ("DID NOT RUN", "DID NOT RUN") and not report.ready
    assert "SyntaxError" in one.detail and "the kernel died" in two.detail


@pytest.mark.slow
def test_a_cell_that_ignores_the_interrupt_ends_too(tmp_path, blank, known, monkeypatch):
    monkeypatch.setattr(handin, "CELL_SECONDS", 1)
    deaf = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    report = handin.check(save(tmp_path, answered(blank, count_answer=deaf)), known)
    assert states(report) == {"1 Double": "passed", "2 Count": "DID NOT RUN", "3 Why": "answered"}
    assert "could not be interrupted, in cell 10" in report.exercises[1].detail


@pytest.mark.slow
def test_an_endless_loop_ends(tmp_path, blank, known, monkeypatch):
    monkeypatch.setattr(handin, "CELL_SECONDS", 2)
    report = handin.check(
        save(tmp_path, answered(blank, double_answer="def double(x):\n    while True: pass")), known
    )
    assert states(report) == {"1 Double": "DID NOT RUN", "2 Count": "passed", "3 Why": "answered"}
    assert "took longer than 2 s" in report.exercises[0].detail


@pytest.mark.parametrize(
    "error, said, state",
    [
        (None, "double\n  ok    a\n1 of 1 passed\n", "passed"),
        (None, "double\n  not tried yet: replace `raise NotImplementedError` by your answer\n", "not tried"),
        (None, "double\n  OURS  a\n0 of 1 passed\n", "FAILING"),
        (("CheckFailed", "double: 1 of 2 failed"), "double\n  FAIL  a\n1 of 2 passed\n", "FAILING"),
        (("AssertionError", ""), "", "FAILING"),
        (("NotImplementedError", "replace this line"), "", "not tried"),
        (("KeyboardInterrupt", ""), "", "DID NOT RUN"),
    ],
)
def test_how_a_check_went_is_read_off_its_cell(error, said, state):
    outputs = [{"output_type": "stream", "name": "stdout", "text": said}] if said else []
    outputs += (
        [{"output_type": "error", "ename": error[0], "evalue": error[1], "traceback": []}] if error else []
    )
    found, detail = handin._check_state({"outputs": outputs, "execution_count": 3}, "", "")
    assert found == state
    assert ("FAIL  a" in detail) == ("FAIL  a" in said)


@pytest.mark.parametrize("source, state", [
    (None, "not answered"), ("", "not answered"), (" \n", "not answered"), ("Write.", "not answered"), ("So.", "answered"),
])  # fmt: skip
def test_a_written_answer_that_is_blank_or_gone_is_none(source, state):
    wanted = released.ReleasedCell("why", "written", "3 Why", 2, released.fingerprint("Write."))
    cells = {} if source is None else {"why": nbformat.v4.new_markdown_cell(source)}
    assert handin._state([wanted], cells, "")[0] == state


def test_an_interrupt_is_told_as_the_time_that_a_cell_took(blank):
    stopped = {"output_type": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}
    late = nbformat.v4.new_code_cell(
        f"{handin.SET_UP} start", outputs=[nbformat.NotebookNode(stopped)], metadata={"grade_id": ""}
    )
    notebook = nbformat.v4.new_notebook(cells=[late])
    assert handin.error_of(late) == "took longer than 60 s"
    assert list(handin._notes(notebook)) == ["cell 1: took longer than 60 s"]
    wanted = [released.ReleasedCell("x", role, "1 X", 0, "") for role in ("answer", "check")]
    assert handin._state(wanted, {"x": late}, "")[1] == "the cell of the answer: took longer than 60 s"
    with pytest.raises(EnvironmentProblem, match="found: +took longer than 60 s"):
        handin._require_set_up(Path("x.ipynb"), notebook)


def test_cells_that_are_missing_doubled_changed_or_stripped_are_named(blank, known):
    notebook = answered(blank)
    notebook.cells.remove(cell(notebook, "count-1"))
    notebook.cells.append(copy.deepcopy(cell(notebook, "double-answer")))
    cell(notebook, "double-check").source += "\npass"
    cell(notebook, "why").cell_type = "raw"
    colab = cell(notebook, "count-check")
    colab.metadata = {"id": colab.pop("id")}
    text = "\n".join(repairs(notebook, known))
    assert "the answer cell double-answer is there 2 times (cells 5, " in text
    assert "the check cell double-check was changed (cell 6)" in text
    assert "the graded cell count-1 is missing" in text
    assert "the check cell count-check lost its mark for nbgrader" in text
    assert "the written cell why is now of type raw" in text
    assert len(text.splitlines()) == 5


def test_a_notebook_to_be_repaired_is_not_ready_though_all_checks_pass(tmp_path, blank, known):
    notebook = answered(blank)
    notebook.cells.remove(cell(notebook, "double-2"))
    report = handin.check(save(tmp_path, notebook), known)
    assert set(states(report).values()) == {"passed", "answered"} and not report.ready
    assert "Do not hand it in yet" in str(report)


@pytest.mark.parametrize(
    "change, why",
    [
        (lambda text: "", "90_sample.ipynb: the file is empty"),
        (lambda text: text[: len(text) // 2], "90_sample.ipynb: the file is cut off"),
        (lambda text: "<!DOCTYPE html><p>", "the file holds no notebook\n.*\n  found:    a web page"),
        (
            lambda text: text.replace("double", "other").replace("count-", "o-").replace("why", "y"),
            "no cell of this course",
        ),
        (
            lambda text: text.replace('"course_version": "1.', '"course_version": "0.'),
            "another version of the course",
        ),
    ],
)
def test_what_is_no_notebook_of_this_course_is_refused_in_a_sentence(tmp_path, blank, known, change, why):
    path = tmp_path / "90_sample.ipynb"
    path.write_text(change(nbformat.writes(blank)), encoding="utf-8")
    with pytest.raises(CourseError, match=why) as problem:
        handin.check(path, known)
    assert "do this:" in str(problem.value)


def test_another_assignment_under_this_name_is_refused(tmp_path, blank, known):
    other = {**known, "91_other": (released.ReleasedCell("x", "answer", "1 X", 0, ""),)}
    with pytest.raises(handin.HandInError, match="91_other.ipynb holds the cells of 90_sample"):
        handin.check(save(tmp_path, blank, "91_other.ipynb"), other)


def test_a_notebook_that_cannot_be_set_up_is_not_called_gradable(tmp_path, blank, known):
    set_up = nbformat.v4.new_code_cell(
        f"raise RuntimeError('operator does not exist')\n{handin.SET_UP} start"
    )
    blank.cells.insert(0, set_up)
    with pytest.raises(EnvironmentProblem, match="RuntimeError: operator does not exist") as problem:
        handin.check(save(tmp_path, blank), known)
    assert "course doctor" in problem.value.do


def test_the_set_up_cell_of_every_chapter_is_known():
    for source in texts().values():
        assert sum(handin.SET_UP in c.source for c in source.cells) == 1


def test_no_file_is_no_traceback(tmp_path, known):
    for path, found in ((tmp_path / "none.ipynb", "No such file"), (tmp_path, "a folder")):
        with pytest.raises(
            NotebookError, match=f"cannot be read(.|\n)*found: +{found}(.|\n)*correct the path"
        ):
            handin.check(path, known)


@pytest.mark.slow
def test_the_command_needs_no_nbgrader_and_ends_in_an_exit_code(course, tmp_path, blank):
    path = save(tmp_path, answered(blank))
    code = (
        "import sys\nfor name in ('nbgrader', 'papermill', 'jupytext', 'torch', 'distributed'): sys.modules[name] = None\n"
        "from course_utils import cli\nsys.argv = ['course', 'check', sys.argv[1]]\ncli.main()"
    )
    known = {**os.environ, "PYTHONPATH": str(course)}
    done = subprocess.run(
        [sys.executable, "-c", code, path], cwd=tmp_path, env=known, capture_output=True, text=True
    )
    assert done.returncode == 0 and "Ready." in done.stdout, done.stderr
    path.write_text("{")
    done = subprocess.run(
        [sys.executable, "-c", code, path], cwd=tmp_path, env=known, capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stderr.startswith(
        "NotebookError: 90_sample.ipynb: the file is cut off"
    )
