"""A batch survives what happens to graders: kills, interrupts, lost workers and schedulers, corrected tests."""

from __future__ import annotations

import contextlib
import copy
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from courses import autograde, cell, make_course, read, scores, submit
from submissions.broken import COUNT, DOUBLE, FLOAT_AS, NAME, NOISY, POINTS, right

from course_utils.authoring import release
from course_utils.errors import CourseError
from course_utils.grading import batch, cluster
from course_utils.grading.batch import GradingError, Settings, Stopped
from course_utils.grading.gradebook import feedback, report, results
from course_utils.grading.gradebook.export import export
from course_utils.grading.gradebook.writer import Writer
from course_utils.grading.interrupts import interrupts_are_kept
from course_utils.grading.sandbox.limits import Limits
from course_utils.grading.worker import Task, run

pytestmark = pytest.mark.slow

QUICK = Settings(warm=False, workers=1)  # for a few kernels that is sooner than what imports torch
SLEEP = "import time\ntime.sleep(2)\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("batch") / "course")
    release.build(course)
    return course


@pytest.fixture
def course(built, tmp_path):
    return shutil.copytree(built, tmp_path / "course")


def hand_in(course: Path, student: str, **answers: str) -> None:
    """The right submission but for some answers; handed in again if it was there."""
    shutil.rmtree(course / "submitted" / student, ignore_errors=True)
    notebook = right(read(course, "notebooks"))
    for id_, source in answers.items():
        cell(notebook, id_.replace("_", "-")).source = source
    submit(course, student, notebook)


def grade(course: Path, settings: Settings = QUICK, students: tuple[str, ...] = ()) -> dict[str, report.Row]:
    rows = batch.grade(course, [NAME], settings, students, say=lambda line: None)[NAME]
    return {row.student: row for row in rows}


def start(course: Path, *words: str) -> subprocess.Popen:
    """`course grade` as a program, in a process group of its own, as in a terminal."""
    command = [sys.executable, "-m", "course_utils.cli", "grade", NAME, *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(command, cwd=course, start_new_session=True, **pipes)


def kept(course: Path) -> dict[str, float]:
    """When each result that was written was kept."""
    found = [r for r in results.read_all(course, NAME) if r.written]
    return {r.student: results.result_file(course, NAME, r.student).stat().st_mtime for r in found}


def wait_for(condition, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.1)


def test_a_killed_grader_leaves_nothing_running_and_goes_on(course):
    for student in "abcdef":
        hand_in(course, student, double_answer=SLEEP + DOUBLE)
    grader = start(course, "--workers", "2")
    wait_for(lambda: kept(course) or grader.poll() is not None)
    with pytest.raises(GradingError, match="another `course grade` is at work"):
        grade(course)
    family = psutil.Process(grader.pid).children(recursive=True)
    grader.kill()
    grader.wait()
    before = kept(course)
    assert 0 < len(before) < 6
    wait_for(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family))
    # Such a state is what a kill during nbgrader's own work leaves: stock takes it for graded, with 0.
    half_written = results.read(course, NAME, min(before))
    half_written.written = False
    results.write(course, half_written)
    shutil.rmtree(course / "autograded" / half_written.student)
    rows = grade(course)
    assert all(r.graded for r in rows.values()) and len(rows) == 6
    assert all(scores(course, student) == POINTS for student in rows)
    after = kept(course)
    assert all(after[s] == before[s] for s in before if s != half_written.student)


def test_an_interrupt_stops_at_once_and_keeps_what_is_done(course):
    for student in "abcdef":
        hand_in(course, student, double_answer=SLEEP + DOUBLE)
    grader = start(course, "--workers", "1")
    wait_for(lambda: kept(course) or grader.poll() is not None)
    os.killpg(grader.pid, signal.SIGINT)  # as Ctrl-C does
    said, _ = grader.communicate(timeout=60)
    assert grader.returncode == 1
    assert "are done and kept" in said and "Traceback" not in said, said
    assert 0 < len(kept(course)) < 6


def test_unchanged_submissions_are_not_run_again(course, gradebook):
    for student in "ab":
        hand_in(course, student)
    first = grade(course)
    times = kept(course)
    assert grade(course) == first and kept(course) == times
    hand_in(course, "b", double_answer="def double(x): return 0")
    again = grade(course)
    assert kept(course)["a"] == times["a"] and kept(course)["b"] > times["b"]
    assert again["b"].score == 1.5 and again["b"].changes == [
        {"cell": "double-1", "old": 1.0, "new": 0.0},
        {"cell": "double-2", "old": 2.0, "new": 0.0},
    ]
    assert not grade(course)["b"].changes  # they are told once
    gradebook("a", "why", manual_score=1.5, needs_manual_grade=False)
    shutil.rmtree(course / "autograded" / "a")
    assert grade(course)["a"].score == first["a"].score + 1.5
    assert not gradebook("a", "why")["needs_manual_grade"]
    assert (course / "autograded" / "a" / NAME / f"{NAME}.ipynb").exists()
    fresh = kept(course)["b"]
    grade(course, Settings(warm=False, fresh=True), ("b",))
    assert kept(course)["b"] > fresh


@pytest.fixture
def gradebook(course):
    from nbgrader.api import Gradebook

    def change(student: str, cell_: str, **values: object) -> dict:
        """Set values of a grade, as formgrader does, and tell all of them."""
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
            grade = book.find_grade(cell_, NAME, NAME, student)
            for name, value in values.items():
                setattr(grade, name, value)
            book.db.commit()
            return grade.to_dict()

    return change


def test_a_corrected_test_regrades_and_keeps_what_persons_decided(course, gradebook, monkeypatch):
    for student in "ab":
        hand_in(course, student)
    hand_in(course, "wrong", double_answer="def double(x): return x * 3 if x == 5 else x + x")
    assert {r.state for r in grade(course).values()} == {"graded, 1 mark missing"}
    for student in "ab":
        gradebook(student, "why", manual_score=1.5, needs_manual_grade=False)
    gradebook("a", "count-1", manual_score=1.0, extra_credit=0.5, needs_manual_grade=False)
    hand_in(course, "b", why="Something else that I thought of later.")
    source = course / "solutions" / f"{NAME}.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("(0, 7, -3)", "(0, 7, 5)"), encoding="utf-8")
    release.build(course)
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(Writer, "_settle", interrupted)  # nbgrader has just written
        grade(course, students=("a",))
    assert gradebook("a", "why")["needs_manual_grade"]
    rows = grade(course)
    assert gradebook("a", "why")["manual_score"] == 1.5 and not gradebook("a", "why")["needs_manual_grade"]
    assert not gradebook("a", "count-1")["needs_manual_grade"]
    assert gradebook("b", "why")["manual_score"] == 1.5 and gradebook("b", "why")["needs_manual_grade"]
    assert rows["wrong"].changes == [{"cell": "double-1", "old": 1.0, "new": 0.0}]
    assert report.changes(list(rows.values())) == "wrong: double-1 had 1, has 0"
    assert rows["a"].score == 3 + 1.5 + 1.5 and rows["a"].of == 6.5


def test_what_lateness_costs_follows_marks_and_dates(course, gradebook):
    from nbgrader.api import Gradebook

    def due(date: str) -> None:
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
            book.update_or_create_assignment(NAME, duedate=date)

    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    hand_in(course, "a")
    (course / "submitted" / "a" / NAME / "timestamp.txt").write_text("2030-01-02 00:00:00 UTC")
    due("2030-01-01 00:00:00 UTC")
    assert grade(course)["a"].score == 0
    gradebook("a", "why", manual_score=1.5, needs_manual_grade=False)
    assert grade(course)["a"].score == 0
    due("2030-01-03 00:00:00 UTC")
    row = grade(course)["a"]
    assert (row.score, row.state) == (6, "graded")


def test_marks_stay_where_a_damaged_file_came_in_between(course, gradebook):
    hand_in(course, "a")
    grade(course)
    gradebook("a", "why", manual_score=1.5, needs_manual_grade=False)
    file = course / "submitted" / "a" / NAME / f"{NAME}.ipynb"
    good = file.read_bytes()
    file.write_bytes(good[:200])
    assert grade(course)["a"].state.startswith("needs you")
    file.write_bytes(good)
    assert grade(course)["a"].state == "graded"
    assert not gradebook("a", "why")["needs_manual_grade"]


def test_what_was_handed_in_again_is_no_final_score(course, gradebook, tmp_path):
    hand_in(course, "a")
    grade(course)
    gradebook("a", "why", manual_score=1.5, needs_manual_grade=False)
    assert export(course, NAME, "moodle", tmp_path / "m.csv").grades[0].score is not None
    hand_in(course, "a", double_answer="def double(x): return x * 3")
    (only,) = export(course, NAME, "moodle", tmp_path / "m.csv").grades
    assert only.score is None and "handed in again" in only.why
    (page,) = feedback.write_feedback(course, NAME)
    assert page.file is None and "handed in again" in page.why


def test_what_waits_for_a_person_again_is_said(course, gradebook):
    """A mark for an older answer: the gradebook wants another look."""
    hand_in(course, "a", double_answer="def double(x): return x * 3")
    grade(course)
    gradebook("a", "double-2", manual_score=1.5, needs_manual_grade=False)
    gradebook("a", "why", manual_score=1.0, needs_manual_grade=False)
    assert grade(course)["a"].state == "graded"
    hand_in(course, "a", double_answer="def double(x): return x * 4")
    row = grade(course)["a"]
    assert gradebook("a", "double-2")["needs_manual_grade"]
    assert row.state == "graded, 1 mark missing"


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_a_person_has_settled_is_graded(course, gradebook):
    hand_in(course, "a", count_answer=f"{COUNT}\n{FLOAT_AS.format('9.0')}")
    row = grade(course, Settings(unsafe=True))["a"]  # a plain kernel
    assert row.state.startswith("needs you: count-1: the tests gave 9.0") and row.score == 3
    grade_ = gradebook("a", "count-1")
    assert grade_["auto_score"] is None and grade_["needs_manual_grade"]
    gradebook("a", "count-1", manual_score=1.0, needs_manual_grade=False)
    row = grade(course)["a"]
    assert (row.state, row.score) == ("graded, 1 mark missing", 4)


def test_a_submission_without_a_worker_is_run_again(course, monkeypatch):
    hand_in(course, "a")
    monkeypatch.setattr(batch, "run", out_of_order)
    with pytest.raises(GradingError, match="(?s)cannot be run.*OSError: no disk"):  # nor can our own answers
        grade(course)
    monkeypatch.setattr(batch, "run", out_of_order_for_students)
    row = grade(course)["a"]
    assert row.state == "needs you: its worker failed twice: OSError: no disk"
    monkeypatch.undo()
    assert grade(course)["a"].graded


def out_of_order(task):
    raise OSError("no disk")


def out_of_order_for_students(task):
    if DOUBLE.splitlines()[-1].strip() in task.notebook:  # how lines are joined is nbformat's
        raise OSError("no disk")
    return run(task)


def die_once(mark: str) -> str:
    """Kills its worker, the first time."""
    if not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def die(mark: str) -> str:
    """Kills its worker, or does as it is told."""
    if mark == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return die_once(mark)


def test_a_killed_worker_costs_one_retry_of_its_own_task(tmp_path):
    marks = [str(tmp_path / name) for name in "abcd"]
    for mark in marks[1:]:
        Path(mark).touch()
    tasks = [(mark, mark) for mark in [*marks, "die"]]
    with cluster.open_cluster(2) as client:
        came = dict(cluster.run_all(client, die, tasks, lambda running: None))
    assert {came.pop(mark) for mark in marks} == {"done"}
    assert type(came["die"]).__name__ == "KilledWorker"


def breaks(client, times: int):
    """A ``tick`` that breaks the connection to the scheduler while something runs, so many times."""
    left = [times]

    def tick(running: int) -> None:
        if running and left[0]:
            left[0] -= 1
            client.loop.add_callback(client.scheduler_comm.comm.abort)
            wait_for(lambda: not client.futures)

    return tick


def test_what_a_broken_connection_forgets_is_sent_again():
    tasks = [(number, number) for number in range(20)]
    with cluster.open_cluster(1) as client:
        came = list(cluster.run_all(client, abs, tasks, breaks(client, times=cluster.LOSSES)))
    assert sorted(came) == tasks


def test_a_connection_that_breaks_again_and_again_is_lost():
    with cluster.open_cluster(1) as client, pytest.raises(cluster.ClusterError, match="was lost"):
        list(cluster.run_all(client, time.sleep, enumerate([5, 5]), breaks(client, times=99)))


def serve(folder: Path) -> list[subprocess.Popen]:
    """A Dask scheduler with a worker, as on a cluster."""
    address = folder / "scheduler.json"
    address.unlink(missing_ok=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    program = [sys.executable, "-m"]
    here = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    scheduler = [*program, "distributed.cli.dask_scheduler", *here]
    worker = [*program, "distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard", "--no-nanny"]
    first = subprocess.Popen([*scheduler, "--scheduler-file", address], **quiet)
    wait_for(address.exists)
    return [first, subprocess.Popen([*worker, "--scheduler-file", address], cwd=folder, **quiet)]


def test_a_lost_scheduler_is_told_and_the_next_one_goes_on(course, tmp_path):
    for student in "abc":
        hand_in(course, student, double_answer=SLEEP + DOUBLE)
    processes = serve(tmp_path)
    try:
        address = json.loads((tmp_path / "scheduler.json").read_text())["address"]
        grader = start(course, "--scheduler", address)
        wait_for(lambda: kept(course) or grader.poll() is not None)
        processes[0].kill()
        said, _ = grader.communicate(timeout=90)
        assert grader.returncode == 1 and "was lost" in said and "Traceback" not in said, said
        assert 0 < len(kept(course)) < 3
        processes += serve(tmp_path)
        address = json.loads((tmp_path / "scheduler.json").read_text())["address"]
        rows = grade(course, Settings(scheduler=address, warm=False))
        assert all(row.graded for row in rows.values()) and len(rows) == 3
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_no_scheduler_is_told(course):
    hand_in(course, "a")
    with pytest.raises(cluster.ClusterError, match="there is no Dask scheduler at tcp://127.0.0.1:9"):
        grade(course, Settings(scheduler="tcp://127.0.0.1:9"))


def honest(course: Path) -> dict[str, nbformat.NotebookNode]:
    """Right, blank, and the first half of the answers."""
    instructor, blank = read(course, "solutions"), read(course, "notebooks")
    half = copy.deepcopy(blank)
    answers = [c for c in instructor.cells if c.metadata.get("nbgrader", {}).get("solution")]
    for answer in answers[::2]:
        cell(half, answer.id).source = answer.source
    return {"right": instructor, "blank": blank, "half": half}


def test_the_same_scores_as_stock_cell_by_cell(course, tmp_path):
    """And for a whole chapter in ``test_chapters.py``."""
    submissions = honest(course)
    part, noisy = right(read(course, "notebooks")), right(read(course, "notebooks"))
    cell(part, "count-answer").source = "class Counter:\n    total = 0\n    def add(self): self.total = 1"
    cell(noisy, "double-answer").source = NOISY
    submissions |= {"part": part, "noisy": noisy}
    for student, notebook in submissions.items():
        submit(course, student, notebook)
    stock = shutil.copytree(course, tmp_path / "stock")
    autograde(stock)
    grade(course)
    for student in submissions:
        assert scores(course, student) == scores(stock, student), student
        found = {c.cell: c.score for c in results.read(course, NAME, student).cells}
        assert found == scores(stock, student)


def test_the_command_ends_with_a_table_a_file_and_a_code(course):
    hand_in(course, "a")
    grader = start(course)
    said, _ = grader.communicate(timeout=300)
    assert grader.returncode == 0, said
    assert "1 of 1 done, 0 flagged, 0 need you" in said
    with open(course / "grades" / f"{NAME}.csv", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["student"], row["score"], row["of"], row["state"]) == (
        "a",
        "4.5",
        "6.5",
        "graded, 1 mark missing",
    )
    (course / "submitted" / "b" / NAME).mkdir(parents=True)
    (course / "submitted" / "b" / NAME / f"{NAME}.ipynb").write_text("{")
    grader = start(course)
    said, _ = grader.communicate(timeout=60)
    assert grader.returncode == 1 and "needs you: the file is cut off" in said, said


def test_another_course_in_the_working_folder_is_not_what_grades(course):
    """As where `course` is of another clone's environment: workers import what the command does."""
    hand_in(course, "a")
    (course / "course_utils").mkdir()
    (course / "course_utils" / "__init__.py").write_text("raise SystemExit('the wrong package')")
    program = Path(sys.executable).parent / "course"
    grader = subprocess.run([program, "grade", NAME], cwd=course, capture_output=True, text=True, timeout=300)
    assert grader.returncode == 0, grader.stdout + grader.stderr
    assert "wrong package" not in grader.stdout + grader.stderr


def test_workers_with_another_package_are_refused(course, monkeypatch):
    hand_in(course, "a")
    ours = cluster.package()
    monkeypatch.setattr(cluster, "package", lambda: type(ours)("/elsewhere", ours.key))
    with pytest.raises(cluster.ClusterError, match="(?s)with another course_utils.*/elsewhere"):
        # the workers answer with this very function, so that it is the expectation which differs
        cluster.require_same_package(Workers({"tcp://1": ours}), here=True)
    cluster.require_same_package(Workers({"tcp://1": ours}), here=False)
    with pytest.raises(cluster.ClusterError, match="another course_utils"):
        cluster.require_same_package(Workers({"tcp://1": type(ours)(ours.folder, "0" * 64)}), here=False)


def test_a_worker_that_came_later_grades_with_no_other_package():
    with pytest.raises(CourseError, match=r"a worker on .* has another course_utils(.|\n)*0000"):
        run(Task("{}", {}, Limits(), package="0" * 64))


class Workers:
    """A client whose workers have these packages."""

    def __init__(self, packages: dict):
        self.packages = packages

    def run(self, _):
        return self.packages


def test_our_own_answers_come_first_and_stop_the_batch(course):
    hand_in(course, "a")
    text = course / "solutions" / f"{NAME}.py"
    text.write_text(text.read_text(encoding="utf-8").replace("= x + x", "= x + x + x"), encoding="utf-8")
    release.build(course)
    with pytest.raises(
        GradingError, match=r"(?s)our own answers to 90_sample.*double-1: wrong.*course build"
    ):
        grade(course)
    assert not (course / "autograded").exists() and not list(results.read_all(course, NAME))


def test_nothing_to_grade_is_told(course):
    with pytest.raises(GradingError, match=r"(?s)nothing to grade.*found: .*90_sample.*do this: .*collect"):
        grade(course)


def test_an_interrupt_that_a_library_swallows_is_noticed_later():
    with interrupts_are_kept() as stop_if_interrupted:
        stop_if_interrupted()
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            stop_if_interrupted()
