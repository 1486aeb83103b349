"""A class at a glance: 60 made-up submissions, and 500 compared in seconds."""

from __future__ import annotations

import csv
import io
import random
import subprocess
import sys
import time
from dataclasses import replace
from importlib.util import find_spec

import courses
import pytest
from courses import ROOT, make_course, read, submit
from lab import CHROMIUM, chromium

from course_utils.authoring import release
from course_utils.course.released import ReleasedCell
from course_utils.grading.gradebook import glance
from course_utils.grading.gradebook.alike import alike, sequences
from course_utils.grading.gradebook.glance import Work

CELLS = [
    ReleasedCell("mean-answer", "answer", "1 Mean", 0, ""),
    ReleasedCell("mean-check", "check", "1 Mean", 0, ""),
    ReleasedCell("mean-1", "graded", "1 Mean", 2, ""),
    ReleasedCell("mean-2", "graded", "1 Mean", 1, ""),
    ReleasedCell("why", "written", "2 Why", 4, ""),
]
STUB = "def mean(values):\n    raise NotImplementedError\n"
OURS = "def mean(values):\n    return sum(values) / len(values)\n"
SAID = "  FAIL  the mean\n          likely    the sum was not divided\n          try       divide it\n"


def cell(name: str, source: str = "", said: str = "") -> dict:
    outputs = [{"output_type": "stream", "name": "stdout", "text": said}] if said else []
    kind = "markdown" if name == "why" else "code"
    return {
        "cell_type": kind,
        "source": source,
        "outputs": outputs,
        "metadata": {"nbgrader": {"grade_id": name}},
    }


def own_way(seed: int) -> str:
    """Code that nobody else writes: twelve steps in an order of its own."""
    chance = random.Random(seed)
    steps = [f"    total = total {chance.choice('+-*%')} {chance.randrange(1000)}" for _ in range(12)]
    return "def mean(values):\n    total = 0\n" + "\n".join(steps) + "\n    return total\n"


def work(i: int, code: str, said: str = "", state: str = "graded, 1 mark missing") -> Work:
    cells = [
        cell("mean-answer", code),
        cell("mean-check", said=said),
        cell("why", f"Because of {i} and {i + 1}."),
    ]
    right = not said
    outcomes = {"mean-1": "passed" if right else "wrong", "mean-2": "passed", "why": "waiting"}
    scores = {"mean-1": 2.0 * right, "mean-2": 1.0}
    return Work(f"student{i:02d}", state, sum(scores.values()), scores, outcomes, {"cells": cells})


@pytest.fixture(scope="module")
def works():
    made = [work(i, own_way(i), SAID if i % 4 == 0 else "") for i in range(57)]
    made.append(
        work(57, own_way(3).replace("total", "summe").replace("    return", "    # mine\n    return"))
    )
    made.append(work(58, OURS, state="flagged: it <b>reads</b> the tests"))
    made.append(Work("zz", "needs you: not a notebook", None, {}, {}, None))
    return made


@pytest.fixture(scope="module")
def exercises(works):
    return glance.by_exercise(CELLS, works)


def test_points_and_the_mistake_most_often_met(exercises):
    mean, why = exercises
    assert (mean.title, mean.of, mean.points["student00"], mean.points["student01"]) == ("1 Mean", 3, 1, 3)
    assert (mean.mistake, mean.met_by, mean.full) == ("the sum was not divided", 15, 44)
    assert mean.points["zz"] is None and why.mistake == ""


@pytest.mark.parametrize(
    "line", ["none of the usual mistakes explains this", "line 11 of your cell: return x"]
)
def test_what_is_no_known_mistake_is_not_counted(line):
    said = SAID.replace("the sum was not divided", line)
    assert glance.mistakes(work(1, own_way(1), said).notebook, ["mean-check"]) == set()


def test_names_that_differ_in_blanks_are_two_and_none_is_a_formula(works):
    two = [replace(work, student=name) for work, name in zip(works[:3], ("a b", "a  b", "=1+1"), strict=True)]
    text = glance.csv_text(glance.by_exercise(CELLS, two), two)
    assert [row[:2] for row in csv.reader(io.StringIO(text))][1:] == [
        ["a b", "1"],
        ["a b", "3"],
        ["'=1+1", "3"],
    ]


def test_an_answer_that_waits_for_its_mark_is_not_a_zero(works):
    marked = replace(works[0], scores={**works[0].scores, "why": 3.0})
    _, why = glance.by_exercise(CELLS, [marked, *works[1:]])
    assert (why.mean, why.points["student00"], why.points["student01"]) == (3, 3, None)
    _, nobody = glance.by_exercise(CELLS, works)
    assert nobody.mean is None
    page = glance.page_text("01", [nobody], works, [])
    assert "<td></td>" in page and "--share: " not in page


def test_a_renamed_copy_is_found_and_nobody_else(works):
    editions = [{"cells": [cell("mean-answer", text)]} for text in (STUB, OURS)]
    (pair,) = glance.alike_works(CELLS, works, editions)
    assert pair.students == ("student03", "student57")
    assert pair.share > 0.9 and pair.exercises == ("1 Mean",)


def test_the_page_escapes_what_it_is_given_and_loads_nothing(works, exercises):
    text = glance.page_text("01", exercises, works, [])
    assert "it &lt;b&gt;reads" in text and "<b>reads" not in text
    assert "src=" not in text and "http" not in text.replace("http-equiv", "")
    assert "never a verdict" in text and "the sum was not divided (15)" in text


def test_what_waits_is_told_and_nothing_where_nothing_does(works, exercises):
    text = glance.page_text("01", exercises, works, [])
    assert "Written answers of 58 students have no mark yet" in text and "2 submissions need you" in text
    calm = replace(works[0], state="graded")
    text = glance.page_text("01", glance.by_exercise(CELLS, [calm]), [calm], [])
    assert "No submission needs you." in text and "no mark yet" not in text


def test_the_csv_has_a_line_for_each(works, exercises):
    lines = list(csv.reader(io.StringIO(glance.csv_text(exercises, works))))
    assert lines[0] == ["student", "1 Mean", "2 Why", "score", "state"] and len(lines) == 61
    assert lines[1] == ["student00", "1", "", "1", "graded, 1 mark missing"] and lines[-1][1:4] == [
        "",
        "",
        "",
    ]


@pytest.mark.slow
def test_course_grade_writes_the_page_and_its_csv(tmp_path):
    course = make_course(tmp_path / "course")
    release.build(course)
    right, blank = read(course, "solutions"), read(course, "notebooks")
    submit(course, "bo", blank)
    answered = read(course, "notebooks")
    for name in ("double-answer", "count-answer"):
        courses.cell(answered, name).source = courses.cell(right, name).source
    courses.cell(answered, "why").source = "The instance keeps a number of its own."
    submit(course, "ada", answered)
    command = [sys.executable, "-m", "course_utils.cli", "grade", "90_sample", "--workers", "1", "--unsafe"]
    said = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert "the class at a glance: grades/90_sample.class.html" in said.stdout, said.stdout + said.stderr
    page = (course / "grades" / "90_sample.class.html").read_text(encoding="utf-8")
    assert "2 submissions" in page and "Written answers of 1 student have no mark yet" in page
    lines = list(csv.DictReader((course / "grades" / "90_sample.class.csv").open(encoding="utf-8")))
    assert [(line["student"], line["1 Double"], line["score"]) for line in lines] == [
        ("ada", "3", "4.5"),
        ("bo", "0", "0"),
    ]
    assert lines[0]["state"] == "graded, 1 mark missing"
    source = course / "solutions" / "90_sample.py"
    source.write_text(source.read_text(encoding="utf-8") + "\n# %%\n1\n", encoding="utf-8")
    again = subprocess.run(command, cwd=course, capture_output=True, text=True)
    assert "ada" in again.stdout and "the class at a glance: not written: " in again.stdout, again.stderr
    assert "course build" in again.stdout


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.required_in_ci
@pytest.mark.skipif(not CHROMIUM or not find_spec("playwright"), reason="no Chromium on this machine")
def test_the_page_fits_a_phone_and_complains_of_nothing(works, exercises, tmp_path):
    with chromium(tmp_path / "profile") as (tab, complaints):
        tab.set_viewport_size({"width": 390, "height": 800})
        tab.set_content(glance.page_text("01", exercises, works, []))
        assert tab.evaluate("document.documentElement.scrollWidth") == 390
        assert not complaints


def test_the_stub_our_answer_and_common_ways_are_not_alike():
    same = {f"s{i}": {"1": OURS} for i in range(3)}
    assert not alike(same, {"1": [STUB, OURS]})
    common = {f"s{i}": {"1": own_way(1)} for i in range(12)}
    assert not alike(common, {})


def test_a_class_that_draws_from_the_answer_bank_tells_few_pairs_and_the_copy_first():
    chance = random.Random(1)
    exercises = ("untouched", "freeze", "groups", "epoch", "clean_data", "keep_stem", "evaluation")
    bank = {
        name: [
            path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/answers" / name).glob("*.py"))
        ]
        for name in exercises
    }
    drawn = {f"s{i:02}": {name: chance.choice(texts) for name, texts in bank.items()} for i in range(60)}
    drawn["thief"] = {name: text.replace("model", "netz") for name, text in drawn["s07"].items()}
    first, *others = alike(drawn, {})
    assert first.students == ("s07", "thief") and first.share == 1
    assert len(others) < 18  # of 1,830 pairs: one in a hundred


def test_a_ring_larger_than_what_is_called_common_is_told_as_one():
    answers = {f"s{i:02}": {str(e): own_way(1000 * i + e) for e in range(4)} for i in range(60)}
    for i in range(12):  # who have their own way in the last exercise alone
        answers[f"s{i:02}"] |= {"0": own_way(1), "1": own_way(2), "2": own_way(3)}
    (ring,) = alike(answers, {})
    assert ring.students == tuple(f"s{i:02}" for i in range(12)) and ring.exercises == ("0", "1", "2")
    assert "s00, s01, s02" in glance.page_text("a", [], [], [ring])


@pytest.mark.slow
def test_code_that_does_not_compile_is_compared_by_words():
    assert sequences("def f(:\n  one two three four five six") and not sequences("")
    many = "def f(x): return x\nif 0: [x " + "for x in x " * 80_000 + "]"
    for deep in (many, "-" * 3000 + "1", "-" * 20_000 + "1", "+".join(["1"] * 60_000), "f(\0)"):
        sequences(deep)  # Python's own parser gives up on these, each in its way


@pytest.mark.slow
def test_five_hundred_students_take_seconds():
    answers = {f"s{i}": {str(e): own_way(1000 * i + e) for e in range(8)} for i in range(500)}
    answers["thief"] = answers["s7"]
    began = time.process_time()
    (pair,) = alike(answers, {})
    assert time.process_time() - began < 15
    assert pair.students == ("s7", "thief")


def test_an_exercise_of_which_one_test_waits_has_no_points_yet(works):
    cells = [*CELLS, replace(next(c for c in CELLS if c.role == "graded"), id="mean-9")]
    first, *_ = glance.by_exercise(cells, works)
    assert first.points["student01"] is None
