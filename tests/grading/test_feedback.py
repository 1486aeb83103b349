"""Feedback: told apart what failed and why, no hidden test, no script of anybody, scores and comments shown."""

from __future__ import annotations

import html
import json
import re
import shutil
import time
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from courses import autograde, cell, make_course, read, submit
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from nbgrader.api import Gradebook

from course_utils.authoring import release
from course_utils.authoring.gradebook import GradebookError
from course_utils.errors import CourseError
from course_utils.grading.gradebook import feedback, results

NAME = "90_sample"
SECRETS = ("hidden_counter", "number_to_double", "HIDDEN TESTS", '"hidden"')
EVIL = "<script>alert(1)</script>"
CHECK = (
    "double\n  FAIL  numbers\n          likely    a factor\n          try       read again\n0 of 1 passed\n"
)
PNG = "iVBORw0KGgo="
LEAK = "Leaked1234"
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    root = make_course(tmp_path_factory.mktemp("feedback") / "built")
    release.build(root)
    return root


@pytest.fixture(scope="module")
def course(built) -> Path:
    """A course in which students of every kind were graded; what a run would have left is put there by hand."""
    root = shutil.copytree(built, built.parent / "course")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        right(root, gradebook)
        wrong(root, gradebook)
        hostile(root, gradebook)
        lost(root, gradebook)
        leaky(root, gradebook)
        timed_out(root, gradebook)
    labels = {"references": {"double-1": [{"label": "double: numbers below zero"}]}}
    results.references_file(root, NAME).write_text(json.dumps(labels))
    unreadable = results.Result(
        "unreadable", NAME, results.NEEDS_YOU, f"the file is cut off {EVIL}", written=True, key="of its file"
    )
    results.write(root, unreadable)
    (root / "submitted" / "waiting" / NAME).mkdir(parents=True)
    feedback.write_feedback(root, NAME)
    return root


def graded(
    root: Path, gradebook: Gradebook, student: str, notebook, scores: dict, comments: dict | None = None
) -> None:
    """Leave what autograding leaves: the notebook, and scores (None awaits a person; pairs are by hand)."""
    folder = root / "autograded" / student / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{NAME}.ipynb")
    gradebook.update_or_create_student(student)
    gradebook.update_or_create_submission(NAME, student)
    for name in ("double-1", "double-2", "count-1", "why"):
        grade = gradebook.find_grade(name, NAME, NAME, student)
        score = scores.get(name, 0)
        grade.auto_score, grade.manual_score = (None, score[0]) if isinstance(score, tuple) else (score, None)
        grade.needs_manual_grade = score is None
    for name, text in (comments or {}).items():
        gradebook.find_comment(name, NAME, NAME, student).manual_comment = text
    gradebook.db.commit()


def error(name: str, message: str = ""):
    return new_output(
        "error", ename=name, evalue=message, traceback=[f"{name}: for number_to_double in (0, 7, -3):"]
    )


def right(root, gradebook) -> None:
    full = {"double-1": 1, "double-2": 2, "count-1": 1.5, "why": (1.5,)}
    notebook = read(root, "solutions")
    cell(notebook, "why").attachments = {"p.png": {"image/png": PNG}}
    cell(notebook, "why").source += "\n\n![a curve](attachment:p.png)"
    graded(root, gradebook, "right", notebook, full, {"why": f"**Good** {EVIL}, almost all"})


def wrong(root, gradebook) -> None:
    """Half right: a category, partial credit, a check that printed something, an answer that awaits its mark."""
    notebook = read(root, "solutions")
    cell(notebook, "double-answer").source = "def double(x): return 3 * x"
    cell(notebook, "double-check").outputs = [
        new_output("stream", text=CHECK),
        error("CheckFailed", "double: 1 of 1 failed"),
    ]
    cell(notebook, "double-1").outputs = [error("AssertionError", "double: numbers below zero")]
    cell(notebook, "double-2").outputs = [error("TypeError", "secret input 12345")]
    graded(root, gradebook, "wrong", notebook, {"count-1": 0.5, "why": None})


def hostile(root, gradebook) -> None:
    notebook = read(root, "solutions")
    cell(notebook, "why").source = (
        f'{EVIL} <img src=x onerror=alert(1)> <img src="http://spy.example/x.png"> [a](javascript:alert(1)) '
        f'<a href="data:text/html,x">b</a> <iframe src="//x"></iframe> <style>*{{}}</style>\n\n[c](https://example.org)'
    )
    picture = {
        "image/png": PNG,
        "text/html": EVIL,
        "application/javascript": "alert(1)",
        "image/svg+xml": "<svg onload=alert(1)>",
    }
    alt = {"image/png": {"alt": 'curves "rise" <b>', "width": "1 onload=alert(1)"}}
    place = notebook.cells.index(cell(notebook, "double-answer"))  # what runs before any hidden test is shown
    notebook.cells[place:place] = [
        new_code_cell(
            "# </pre><script>alert(2)</script>",
            outputs=[
                new_output("display_data", data=picture, metadata=alt),
                new_output("display_data", data={"text/markdown": f"{EVIL}[a](javascript:alert(1))"}),
                new_output("stream", text=EVIL),
                new_output("execute_result", data={"text/latex": "$x$</script>" + EVIL}),
                new_output("stream", text="In [7]: 'for number_to_double in (0, 7, -3):'"),
                error("ValueError", EVIL),
            ],
        ),
        new_markdown_cell("![p](data:image/png;base64,iVBORw0KGgo=)"),
    ]
    notebook.metadata.title = EVIL
    graded(root, gradebook, "hostile", notebook, {"double-1": 1, "double-2": 2})


def lost(root, gradebook) -> None:
    """An answer that is no Python, a cell that was stopped, one that is flagged."""
    notebook = read(root, "solutions")
    cell(notebook, "double-answer").outputs = [error("SyntaxError", "expected ':'")]
    cell(notebook, "double-1").outputs = cell(notebook, "double-2").outputs = [error("NameError", "double")]
    graded(root, gradebook, "lost", notebook, {"count-1": None})
    why = "assert hidden_counter.total == 5 was never reached"
    cells = [
        results.CellResult("double-1", "graded", 1, 0, results.WRONG, why=why),
        results.CellResult("double-2", "graded", 2, 0, results.WRONG),
        results.CellResult(
            "count-1", "graded", 1.5, None, results.DID_NOT_RUN, "count-answer", "the kernel died"
        ),
        results.CellResult("why", "written", 2, 0, results.NOT_ANSWERED),
    ]
    notes = ["exercise 1: a copied cell was left out"]
    results.write(
        root,
        results.Result(
            "lost",
            NAME,
            results.NEEDS_YOU,
            why,
            notes=notes,
            stopped={"count-answer": "the kernel died"},
            cells=cells,
            notebook={},
            written=True,
        ),
    )


def leaky(root, gradebook) -> None:
    """A submission that has read a hidden test, and says so in every way it has."""
    notebook = read(root, "solutions")
    cell(notebook, "double-1").outputs = [error("AssertionError", LEAK)]
    cell(notebook, "double-2").outputs = [error(f"{LEAK}Error", LEAK)]
    cell(notebook, "count-answer").outputs = [
        error(f"{LEAK}Error", LEAK),
        new_output("stream", text=LEAK),
        new_output(
            "display_data", data={"image/png": PNG, "text/plain": LEAK}, metadata={"image/png": {"alt": LEAK}}
        ),
    ]
    cell(notebook, "count-check").outputs = [
        new_output("stream", text=f"count\n  FAIL  {LEAK}\n          likely    {LEAK}\n0 of 1 passed\n"),
        error("CheckFailed", LEAK),
    ]
    cell(notebook, "count-1").outputs = [error("NameError", LEAK)]
    notebook.cells.append(new_code_cell("# mine", outputs=[new_output("stream", text=LEAK)]))
    graded(root, gradebook, "leaky", notebook, {})
    cells = [results.CellResult("count-1", "graded", 1.5, 0, results.DID_NOT_RUN, "count-answer", LEAK)]
    results.write(
        root, results.Result("leaky", NAME, results.GRADED, LEAK, cells=cells, notebook={}, written=True)
    )


def timed_out(root, gradebook) -> None:
    """An answer whose own example took too long, and whose tests pass."""
    notebook = read(root, "solutions")
    cell(notebook, "double-answer").outputs = [error("KeyboardInterrupt")]
    graded(root, gradebook, "timed-out", notebook, {"double-1": 1, "double-2": 2})
    stopped = {"double-answer": "it ran for more than 60 seconds"}
    results.write(
        root, results.Result("timed-out", NAME, results.GRADED, stopped=stopped, notebook={}, written=True)
    )


def page(course: Path, student: str) -> str:
    return (course / "feedback" / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")


def rows(course: Path, student: str) -> dict[str, str]:
    """The table's lines as text, by exercise."""
    found = re.findall(r"<tr>\s*<td>(.*?)</tr>", page(course, student), re.S)
    texts = [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in found]
    return {text[:1]: text for text in texts}


STUDENTS = ("right", "wrong", "hostile", "lost", "leaky", "timed-out", "unreadable")


@pytest.mark.parametrize("student", STUDENTS)
def test_no_hidden_test_is_told(course, student):
    text = html.unescape(re.sub(r"<[^>]+>", "", page(course, student)))
    assert not [secret for secret in (*SECRETS, LEAK, "12345", "never reached") if secret in text]


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, text: str):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("student", STUDENTS)
def test_no_script_no_handler_and_nothing_from_elsewhere(course, student):
    tags = Tags(page(course, student)).found
    assert not {tag for tag, _ in tags} & {
        "script",
        "iframe",
        "object",
        "embed",
        "form",
        "link",
        "base",
        "svg",
    }
    for tag, attributes in tags:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert not re.match(r"\s*(javascript|data:text)", attributes.get("href") or "")
        assert (attributes.get("src") or "data:image/").startswith("data:image/"), attributes
    policy = next(a["content"] for t, a in tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;") and "script-src" not in policy


def test_pictures_keep_their_alt_text_and_links_out_stay(course):
    tags = Tags(page(course, "hostile")).found
    assert {"src": f"data:image/png;base64,{PNG}", "alt": 'curves "rise" <b>'} in [
        a for t, a in tags if t == "img"
    ]
    assert "https://example.org" in [a.get("href") for t, a in tags if t == "a"]
    assert "(left out: it quotes a hidden test)" in page(course, "hostile")


def test_a_picture_that_was_pasted_into_an_answer_is_shown(course):
    shown = [a for t, a in Tags(page(course, "right")).found if t == "img"]
    assert shown == [{"src": f"data:image/png;base64,{PNG}", "alt": "a curve"}]


def test_a_page_that_takes_too_long_is_one_students_trouble(course, monkeypatch):
    monkeypatch.setattr(feedback, "PAGE_SECONDS", 3)
    monkeypatch.setattr(feedback, "_page", lambda *_: time.sleep(60))
    outcomes = feedback.write_feedback(course, NAME, ["right", "unreadable"])
    assert [(outcome.student, outcome.why) for outcome in outcomes] == [
        ("right", "TookTooLong: making this page took more than 3 seconds"),
        ("unreadable", "could not be read"),
    ]


def test_who_has_all_right_is_told_so_with_the_persons_marks(course):
    found = rows(course, "right")
    assert found["1"] == "1 Double 3 of 3 passed numbers (1 point): passed lists (2 points): passed"
    assert found["3"].startswith("3 Why 1.5 of 2 marked by a person Good")
    assert "<strong>6 of 6.5 points</strong>" in page(course, "right") and "what may help" not in page(
        course, "right"
    )


def test_a_wrong_answer_gets_its_category_and_a_hint(course):
    found = rows(course, "wrong")
    assert "wrong numbers (1 point): wrong (double: numbers below zero)" in found["1"]
    assert "lists (2 points): wrong (TypeError on an input of the hidden test)" in found["1"]
    assert found["2"].startswith("2 Count 0.5 of 1.5 partly")
    assert found["3"].startswith("3 Why 0 of 2 awaits a person")
    text = page(course, "wrong")
    assert "likely    a factor" in text and "Your visible check passes, so the case that fails" in text
    assert "<strong>0.5 of 6.5 points; 2 points still await a person</strong>" in text


def test_what_did_not_run_is_apart_from_what_is_wrong(course):
    found = rows(course, "lost")
    assert "0 of 3 did not run the cell of your answer did not run to its end: SyntaxError" in found["1"]
    assert (
        "awaits a person" in found["2"]
        and "awaits a person (did not run, count-answer: the kernel died)" in found["2"]
    )
    assert "not answered" in found["3"]
    assert "a copied cell was left out" in page(course, "lost")


def test_what_behind_a_hidden_test_was_said_is_told_in_our_words(course):
    found = rows(course, "leaky")
    assert (
        "numbers (1 point): wrong lists (2 points): wrong (an error of its own kind on an input" in found["1"]
    )
    assert "the cell of your answer did not run to its end: an error of its own kind" in found["2"]
    assert page(course, "leaky").count("outputs behind a hidden test are left out here") >= 2


def test_a_time_out_is_told_with_what_passed(course):
    row = rows(course, "timed-out")["1"]
    assert "did not run to its end: it ran for more than 60 seconds" in row
    assert "numbers (1 point): passed lists (2 points): passed" in row and "KeyboardInterrupt" not in row


def test_only_some_students(course):
    outcomes = feedback.write_feedback(course, NAME, ["wrong"])
    assert [outcome.student for outcome in outcomes] == ["wrong"]
    assert outcomes[0].why == "1 cell awaits a person"


def test_a_page_that_cannot_be_made_is_one_students_trouble(course, monkeypatch):
    real = feedback._page
    monkeypatch.setattr(
        feedback, "_page", lambda work, *more: 1 / 0 if work.student == "wrong" else real(work, *more)
    )
    outcomes = {o.student: o for o in feedback.write_feedback(course, NAME)}
    assert outcomes["wrong"].file is None and "ZeroDivisionError" in outcomes["wrong"].why
    assert outcomes["right"].file


def test_what_could_not_be_read_is_apart_from_both(course):
    text = page(course, "unreadable")
    assert "We could not read your notebook" in text and "the file is cut off &lt;script&gt;" in text
    assert "points" not in text and "<table>" not in text


def test_our_own_trouble_is_not_told_as_a_bad_file(course):
    why = "its worker failed twice: OSError: [Errno 5] Input/output error"
    results.write(course, results.Result("workerless", NAME, results.NEEDS_YOU, why))
    try:
        (outcome,) = feedback.write_feedback(course, NAME, ["workerless"])
    finally:
        shutil.rmtree(results.result_file(course, NAME, "workerless").parent)
    assert outcome.file is None and outcome.why == "has to be graded again: course grade"


def test_who_has_no_grade_yet_gets_no_page_and_is_listed(course):
    outcomes = {o.student: o for o in feedback.write_feedback(course, NAME)}
    assert set(outcomes) == {*STUDENTS, "waiting"}
    assert outcomes["waiting"].file is None and not (course / "feedback" / "waiting").exists()
    assert "waiting: no page (not graded yet)" in list(feedback.report(outcomes.values()))


def test_who_handed_in_nothing_for_it_is_told(course):
    told = feedback.report(feedback.write_feedback(course, NAME, ["zoe", "right"]))
    assert list(told)[1] == f"zoe: no page (nothing was handed in for {NAME})"


@pytest.fixture
def blank_course(built, tmp_path) -> Path:
    """The same course before anybody has handed in."""
    return shutil.copytree(built, tmp_path / "course")


@pytest.mark.parametrize("name, why", [("92_none", "is no assignment"), (NAME, "nothing was handed in")])
def test_nothing_to_tell_is_an_error(blank_course, name, why):
    with pytest.raises(CourseError, match=why):
        feedback.write_feedback(blank_course, name)


@pytest.mark.slow
def test_after_the_stock_program(blank_course):
    """What nbgrader's own autograde leaves is enough."""
    root = blank_course
    notebook = read(root, "notebooks")
    cell(
        notebook, "double-answer"
    ).source = "def double(x):\n    return [*x, *x] if isinstance(x, list) else 2 * x + 1"
    submit(root, "ada", notebook)
    autograde(root)
    (outcome,) = feedback.write_feedback(root, NAME)
    found = rows(root, "ada")
    assert found["1"].startswith("1 Double 2 of 3 partly numbers (1 point): wrong lists (2 points): passed")
    assert found["2"].startswith("2 Count 0 of 1.5 not tried")
    assert "number_to_double" not in outcome.file.read_text(encoding="utf-8")


def test_what_a_person_took_off_is_not_told_as_a_failing_case(blank_course):
    with Gradebook(f"sqlite:///{blank_course / 'gradebook.db'}") as gradebook:
        scores = {"double-1": (0.5,), "double-2": 2, "count-1": 1.5, "why": (2,)}
        graded(blank_course, gradebook, "ada", read(blank_course, "notebooks"), scores)
    feedback.write_feedback(blank_course, NAME)
    told = rows(blank_course, "ada")["1"]
    assert "marked by a person" in told and "the case that fails" not in page(blank_course, "ada")


def test_a_damaged_gradebook_stops_all_pages(blank_course):
    folder = blank_course / "autograded" / "ada" / NAME
    folder.mkdir(parents=True)
    nbformat.write(read(blank_course, "notebooks"), folder / f"{NAME}.ipynb")
    (blank_course / "gradebook.db").write_bytes(b"?" * 9000)
    with pytest.raises(GradebookError, match="damaged or locked"):
        feedback.write_feedback(blank_course, NAME)


@pytest.mark.parametrize(
    "result, why",
    [
        (
            results.Result("ada", NAME, results.GRADED, notebook={}, written=True, edition="old"),
            "built anew since",
        ),
        (results.Result("ada", NAME, results.NEEDS_YOU, "its worker failed twice"), "has to be graded again"),
        (results.Result("ada", NAME, results.GRADED, notebook={}), "not graded yet"),
    ],
)
def test_a_page_of_what_no_longer_counts_goes(blank_course, result, why):
    file = blank_course / "feedback" / "ada" / NAME / f"{NAME}.html"
    file.parent.mkdir(parents=True)
    file.touch()
    results.write(blank_course, result)
    (outcome,) = feedback.write_feedback(blank_course, NAME)
    assert outcome.file is None and why in outcome.why and not file.exists()


def test_a_text_that_was_edited_and_not_built_stops_with_a_remedy(blank_course):
    text = blank_course / "solutions" / f"{NAME}.py"
    text.write_text(text.read_text(encoding="utf-8") + "\n# %% [markdown]\n# More.\n", encoding="utf-8")
    with pytest.raises(CourseError, match=r"has changed since it was built(.|\n)*course build"):
        feedback.write_feedback(blank_course, NAME)
