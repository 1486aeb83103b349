"""Every chapter: built as its text says, runs headlessly, grades as it should, stops nobody."""

from __future__ import annotations

import copy
import shutil

import nbformat
import pytest
from accessible import count_figures, figure_faults
from courses import CHAPTERS, ROOT, autograde, cell, points, read, scores, submit, texts
from nbclient import NotebookClient

from course_utils.authoring import release, running
from course_utils.course.names import choose_notebooks
from course_utils.grading import batch
from course_utils.grading.gradebook import results

STUDENTS = ("instructor", "blank", "half")
pytestmark = pytest.mark.slow


def failed(notebook: nbformat.NotebookNode) -> list[str]:
    """Ids of the cells with an error among their outputs."""
    outputs = {c.id: c.get("outputs", []) for c in notebook.cells}
    return [id_ for id_, found in outputs.items() if any(o.output_type == "error" for o in found)]


def role(c: nbformat.NotebookNode) -> str:
    """``answer``, ``check``, ``graded``, ``written``, or empty."""
    flags = c.metadata.get("nbgrader", {})
    if flags.get("grade"):
        return "written" if flags["solution"] else "graded"
    return "answer" if flags.get("solution") else "check" if flags.get("locked") else ""


@pytest.fixture(scope="module", params=CHAPTERS)
def chapter(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def as_built() -> list[str]:
    """The chapters whose editions are as built from their texts."""
    return release.check(ROOT)


@pytest.fixture(scope="module", autouse=True)
def embedded_only(tmp_path_factory):
    """No data and no weights but the embedded ones, whatever lies on this machine; one thread."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("COURSE_DATA", "TORCH_HOME"):
            patch.setenv(variable, str(tmp_path_factory.getbasetemp() / "no-downloads"))
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


def test_both_editions_are_as_built_from_the_text(chapter, as_built):
    assert chapter in as_built


def test_the_instructor_edition_runs_headlessly_at_smoke(chapter, tmp_path):
    (notebook,) = choose_notebooks(ROOT, [chapter])
    run = running.run_one(
        notebook, tmp_path, {"budget": "smoke", "data": "cartoons", "weights": "small", "seed": 0}
    )
    assert run.passed, run.result
    assert run.facts["notebook"] == chapter and run.facts["results"]
    executed = nbformat.read(tmp_path / f"{chapter}.ipynb", as_version=4)
    noise = [o.text for c in executed.cells for o in c.get("outputs", []) if o.get("name") == "stderr"]
    assert not [text for text in noise if "Warning" in text], noise
    assert figure_faults(executed) == [] and count_figures(executed) > 2
    assert (tmp_path / f"{chapter}.html").stat().st_size > 100_000


def test_run_all_of_the_blank_edition_reaches_the_last_cell(chapter, tmp_path):
    """By nbclient, as in JupyterLab: only an unsolved exercise may fail, and it stops nothing."""
    blank = read(ROOT, "notebooks", chapter)
    parameters = next(c for c in blank.cells if "parameters" in c.metadata.get("tags", []))
    parameters.source += '\nbudget, data = "grade", "cartoons"'
    NotebookClient(
        blank, kernel_name="python3", timeout=300, resources={"metadata": {"path": tmp_path}}
    ).execute()
    code = [c for c in blank.cells if c.cell_type == "code"]
    assert code[-1].execution_count == len(code)
    assert {role(cell(blank, id_)) for id_ in failed(blank)} <= {"answer", "check"}


@pytest.fixture(scope="module")
def graded(chapter, tmp_path_factory):
    """The chapter in a course of its own, three submissions graded by the stock program; a copy is not."""
    course = tmp_path_factory.mktemp("graded") / "course"
    course.mkdir()
    for name in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copy(ROOT / name, course)
    (course / "solutions").mkdir()
    shutil.copy(ROOT / "solutions" / f"{chapter}.py", course / "solutions")
    release.build(course)
    instructor, blank = read(course, "solutions", chapter), read(course, "notebooks", chapter)
    half = copy.deepcopy(blank)
    answers = [c.id for c in instructor.cells if role(c) == "answer"]
    for id_ in answers[::2]:
        cell(half, id_).source = cell(instructor, id_).source
    for student, notebook in zip(STUDENTS, (instructor, blank, half), strict=True):
        submit(course, student, notebook, chapter)
    shutil.copytree(course, course.parent / "ungraded")
    autograde(course, chapter)
    return course


def autograded(course, student: str, chapter: str) -> nbformat.NotebookNode:
    return nbformat.read(course / "autograded" / student / chapter / f"{chapter}.ipynb", as_version=4)


def test_the_instructor_edition_gets_full_marks_and_no_cell_fails(graded, chapter):
    marks = scores(graded, "instructor", chapter)
    assert {id_: marks[id_] for id_ in points(graded, chapter)} == points(graded, chapter)
    assert failed(autograded(graded, "instructor", chapter)) == []


def test_the_blank_edition_gets_nothing_and_fails_in_graded_cells_only(graded, chapter):
    assert set(scores(graded, "blank", chapter).values()) == {0}
    notebook = autograded(graded, "blank", chapter)
    wrong = failed(notebook)
    assert {id_ for id_ in wrong if role(cell(notebook, id_)) == "graded"} == set(points(graded, chapter))
    assert {role(cell(notebook, id_)) for id_ in wrong} <= {"graded", "check", "answer"}


def test_half_the_answers_give_part_of_the_points(graded, chapter):
    marks = scores(graded, "half", chapter)
    assert 0 < sum(m or 0 for m in marks.values()) < sum(points(graded, chapter).values())


@pytest.mark.parametrize("chapter", CHAPTERS[:1], indirect=True, scope="module")
def test_course_grade_gives_the_same_scores_cell_by_cell(graded, chapter):
    ours = graded.parent / "ungraded"
    batch.grade(ours, [chapter], batch.Settings(), say=lambda line: None)
    for student in STUDENTS:
        assert scores(ours, student, chapter) == scores(graded, student, chapter), student
        found = {c.cell: c.score for c in results.read(ours, chapter, student).cells}
        assert found == scores(graded, student, chapter)


def test_a_chapter_is_worth_fifteen_points_in_four_exercises_with_one_written(chapter):
    cells = texts()[chapter].cells
    exercises = [c for c in cells if c.role in ("answer", "written")]
    assert sum(c.points for c in cells) >= 15
    assert len(exercises) >= 4 and "written" in {c.role for c in exercises}


def test_every_answer_has_its_check_and_two_graded_cells(chapter):
    """Two graded cells, or one that ends in a float, make half an answer worth something."""
    cells = texts()[chapter].cells
    for name in (c.grade_id.removesuffix("-answer") for c in cells if c.role == "answer"):
        graded_cells = [c for c in cells if c.role == "graded" and c.grade_id.rpartition("-")[0] == name]
        assert len(graded_cells) >= 2, name
        assert any(c.grade_id == f"{name}-check" for c in cells), name
