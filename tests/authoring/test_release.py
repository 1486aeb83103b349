"""Release through nbgrader: what students get, drift, leaks, and the marks of known submissions."""

from __future__ import annotations

import copy
import shutil

import nbformat
import pytest
from courses import SAMPLE, STUB, autograde, cell, make_course, points, read, scores, submit

from course_utils.authoring import release
from course_utils.authoring.gradebook import GradebookError
from course_utils.authoring.leaks import refuse_leaks
from course_utils.authoring.source import read_source
from course_utils.errors import BuildError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A built course with the sample chapter; tests must not change it."""
    course = make_course(tmp_path_factory.mktemp("release") / "course")
    release.build(course)
    return course


@pytest.fixture
def course(built, tmp_path):
    """A built course that a test may change."""
    return shutil.copytree(built, tmp_path / "course")


def files(course):
    return {p.relative_to(course).as_posix(): p.read_bytes() for p in course.rglob("*.ipynb")}


def test_both_editions_are_made(built):
    assert sorted(files(built)) == [
        "notebooks/90_sample/90_sample.ipynb",
        "solutions/90_sample/90_sample.ipynb",
    ]
    assert not list((built / "notebooks").rglob("*.py"))


def test_the_same_bytes_at_every_build(course):
    before = files(course)
    release.build(course)
    assert files(course) == before


def test_students_get_stubs_and_no_hidden_tests(built):
    student = read(built, "notebooks")
    assert cell(student, "double-answer").source == f'def double(x):\n    """Twice ``x``."""\n    {STUB}'
    assert cell(student, "double-1").source == "# Graded, 1 point: numbers."
    assert cell(student, "why").source == "Write two sentences.\n\nYOUR ANSWER HERE"
    assert student.metadata == read(built, "solutions").metadata
    ours = [c.id for c in read(built, "solutions").cells if "record" in c.metadata.get("tags", [])]
    assert len(ours) == 1
    assert [c.id for c in student.cells] == [c.id for c in read(built, "solutions").cells if c.id not in ours]
    assert cell(student, "double-1").metadata.tags == ["raises-exception"]


def test_the_gradebook_has_the_entries(built):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{built / 'gradebook.db'}") as gradebook:
        notebook = gradebook.find_notebook("90_sample", "90_sample")
        worth = {c.name: c.max_score for c in notebook.grade_cells}
    assert worth == {"double-1": 1, "double-2": 2, "count-1": 1.5, "why": 2}


def test_check_passes_and_writes_nothing(course):
    before = {p: p.stat().st_mtime_ns for p in course.rglob("*")}
    assert release.check(course) == ["90_sample"]
    assert {p: p.stat().st_mtime_ns for p in course.rglob("*")} == before


@pytest.mark.parametrize("edition", ["solutions", "notebooks"])
def test_check_names_what_has_drifted(course, edition):
    path = course / edition / "90_sample" / "90_sample.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("the end", "The end"), encoding="utf-8")
    with pytest.raises(BuildError, match=f"{edition}/90_sample/90_sample.ipynb") as problem:
        release.check(course)
    assert ("solutions/" in problem.value.what) == (edition == "solutions")
    path.unlink()
    with pytest.raises(BuildError, match=f"{edition}/90_sample/90_sample.ipynb"):
        release.check(course)


def test_check_names_a_notebook_without_text(course):
    (course / "notebooks" / "91_old").mkdir()
    shutil.copy(
        course / "notebooks" / "90_sample" / "90_sample.ipynb",
        course / "notebooks" / "91_old" / "91_old.ipynb",
    )
    with pytest.raises(BuildError, match="notebooks/91_old/91_old.ipynb"):
        release.check(course)


def test_a_script_in_an_assignment_folder_is_refused(course):
    shutil.copy(SAMPLE, course / "solutions" / "90_sample")
    with pytest.raises(BuildError, match="give solutions/90_sample/90_sample.py to students"):
        release.build(course)


@pytest.mark.parametrize(
    "setting, complaint",
    [
        ("c.ClearHiddenTests.enabled = False", "made something else of this cell"),
        ("c.ClearSolutions.enabled = False", "made something else of this cell"),
    ],
)
def test_a_leak_through_nbgrader_is_refused_and_nothing_is_written(course, setting, complaint):
    with open(course / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write(setting + "\n")
    before = {p: p.read_bytes() for p in course.rglob("*") if p.is_file()}
    with pytest.raises(BuildError, match=complaint):
        release.build(course)
    assert {p: p.read_bytes() for p in course.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(
    "secret", ["twice_the_number = x + x", "for number_to_double in (0, 7, -3):\n    pass"]
)
def test_a_secret_line_in_plain_sight_is_refused(course, secret):
    text = course / "solutions" / "90_sample.py"
    text.write_text(
        text.read_text(encoding="utf-8").replace('print("the end")', f"x = 1\n{secret}"),
        encoding="utf-8",
    )
    with pytest.raises(BuildError, match="a secret line of this cell stands"):
        release.build(course)


def test_the_leak_check_sees_a_marker_and_a_lost_cell(built):
    source = read_source(SAMPLE, release.course_version(built))
    student = read(built, "notebooks")
    refuse_leaks(source, student, STUB, "YOUR ANSWER HERE")
    with pytest.raises(BuildError, match="made something else of this cell"):
        refuse_leaks(source, student, "### END SOLUTION", "YOUR ANSWER HERE")
    cell(student, "why").source = "Write two sentences.\n\n### END SOLUTION"
    with pytest.raises(BuildError, match="a marker is left"):
        refuse_leaks(source, student, STUB, "### END SOLUTION")
    student.cells.pop()
    with pytest.raises(BuildError, match="another number of cells"):
        refuse_leaks(source, student, STUB, "YOUR ANSWER HERE")


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_a_gradebook_that_refuses_stops_the_build_before_it_writes(course):
    """nbgrader does not let cells change once there are submissions."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission("90_sample", "ada")
    text = course / "solutions" / "90_sample.py"
    renamed = text.read_text(encoding="utf-8").replace('"double-2"', '"double-3"')
    text.write_text(renamed, encoding="utf-8")
    before = files(course)
    with pytest.raises(BuildError, match="put it back: the gradebook keeps their marks"):
        release.build(course)
    assert files(course) == before


def test_a_page_that_cannot_be_made_stops_the_build_before_the_gradebook_knows(course):
    (course / "README.md").write_text("no place for the table")
    before = (course / "gradebook.db").read_bytes()
    text = course / "solutions" / "90_sample.py"
    text.write_text(text.read_text(encoding="utf-8").replace('"double-2"', '"double-3"'), encoding="utf-8")
    with pytest.raises(BuildError):
        release.build(course)
    assert (course / "gradebook.db").read_bytes() == before


def test_another_gradebook_is_refused(course):
    with open(course / "nbgrader_config.py", "a", encoding="utf-8") as file:
        file.write('c.CourseDirectory.db_url = "sqlite:////elsewhere/gradebook.db"\n')
    with pytest.raises(BuildError, match="names another gradebook(.|\n)*elsewhere(.|\n)*do this: "):
        release.build(course)


@pytest.mark.parametrize("damage", [lambda whole: b"", lambda whole: whole[:5000], lambda whole: b"?" * 5000])
def test_a_damaged_gradebook_stops_the_build_with_a_remedy(course, damage):
    file = course / "gradebook.db"
    file.write_bytes(damage(file.read_bytes()))
    before = files(course)
    with pytest.raises(GradebookError, match="damaged or locked(.|\n)*do this: .*a backup in its place"):
        release.build(course)
    assert files(course) == before


@pytest.mark.parametrize("text", ["c = ", "c = get_config()\nraise OSError('disk')", None])
def test_a_config_that_nbgrader_would_only_log_is_refused(course, text):
    path = course / "nbgrader_config.py"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(BuildError, match="nbgrader_config.py cannot be loaded"):
        release.build(course)


def test_no_text_is_refused(tmp_path):
    (tmp_path / "solutions").mkdir()
    with pytest.raises(BuildError, match="no text to build"):
        release.build(tmp_path)


def solved(blank: nbformat.NotebookNode, **answers: str) -> nbformat.NotebookNode:
    """The student edition with some cells answered."""
    notebook = copy.deepcopy(blank)
    for id_, source in answers.items():
        cell(notebook, id_.replace("_", "-")).source = source
    return notebook


@pytest.fixture(scope="module")
def graded(built, tmp_path_factory):
    """A course in which submissions of every kind have been graded by the stock program."""
    course = shutil.copytree(built, tmp_path_factory.mktemp("graded") / "course")
    instructor, blank = read(course, "solutions"), read(course, "notebooks")
    answer = cell(instructor, "double-answer").source
    submit(course, "instructor", instructor)
    submit(course, "blank", blank)
    submit(course, "first-only", solved(blank, double_answer=answer))
    submit(
        course,
        "part",
        solved(blank, count_answer="class Counter:\n    total = 0\n    def add(self): self.total = 1"),
    )
    noise = "    warnings.warn(str(x)); logging.warning(x)\n    if not x"
    noisy = "import warnings, logging\n" + answer.replace("    if not x", noise)
    submit(course, "noisy", solved(blank, double_answer=noisy))
    submit(course, "typo", solved(blank, double_answer="def double(x) return 2 * x"))
    skipper = solved(blank)
    for id_ in ("double-1", "double-2", "count-1"):
        cell(skipper, id_).metadata.tags.append("skip-execution")
    submit(course, "skipper", skipper)
    script = "<script>alert(1)</script>"
    submit(
        course,
        "script",
        solved(
            blank,
            why=f"a {script} b",
            double_answer=f"from IPython.display import HTML\nHTML('{script}')",
        ),
    )
    autograde(course)
    return course


NOTHING = {"double-1": 0, "double-2": 0, "count-1": 0, "why": 0}


def test_the_instructor_edition_gets_full_marks(graded):
    assert scores(graded, "instructor") == {**points(graded), "why": None}


@pytest.mark.parametrize("student", ["blank", "skipper", "typo"])
def test_nothing_solved_gives_nothing(graded, student):
    assert scores(graded, student) == NOTHING


def test_half_right_gives_part_of_the_points(graded):
    assert scores(graded, "first-only") == {**NOTHING, "double-1": 1, "double-2": 2}
    assert scores(graded, "part") == {**NOTHING, "count-1": 0.5}


def test_warnings_and_logging_cost_nothing(graded):
    assert scores(graded, "noisy") == {**NOTHING, "double-1": 1, "double-2": 2}


def test_scripts_of_a_submission_are_disarmed(graded):
    text = (graded / "autograded" / "script" / "90_sample" / "90_sample.ipynb").read_text(encoding="utf-8")
    notebook = nbformat.reads(text, as_version=4)
    assert "<script>" not in cell(notebook, "why").source
    assert all("<script>" not in str(c.get("outputs", "")) for c in notebook.cells)
