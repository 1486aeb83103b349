"""The benchmark of grading: `course grade` against stock nbgrader, scores compared; writes GRADING.md."""

from __future__ import annotations

import argparse
import contextlib
import copy
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import classes
import report
import torch
from distributed import LocalCluster
from measure import seconds_of
from nbgrader.api import Gradebook

from course_utils.environ import environment, path_with_our_programs
from course_utils.grading import batch
from course_utils.grading.gradebook import results
from course_utils.grading.sandbox.sandbox import require_sandbox
from course_utils.machine import describe_machine

HERE = Path(__file__).parent
ROOT = HERE.parent
NAME = "03_resnet18_finetune"
READING = """Submissions are honest ones: for each student and exercise an answer drawn from
`tests/answers/`, right or wrong. Stock is `nbgrader autograde` with this course's `nbgrader_config.py`,
without a sandbox; ours is `course grade`, each submission in a sandbox of its own. Both grade the same
submissions in turn, the programs' own start included, and every score is compared, cell by cell.
"""


@dataclass(frozen=True)
class Size:
    """How much a preset does.

    Attributes:
        duel: submissions of the comparison with stock, for the bare notebook and as released.
        counts: submissions of the rows on growth.
        fleets: numbers of simulated workers, for as many submissions as the comparison.
    """

    duel: int
    counts: tuple[int, ...]
    fleets: tuple[int, ...]


SIZES = {"full": Size(40, (10, 40, 160), (1, 2, 4, 8, 16)), "quick": Size(2, (2, 4), (1, 2))}


def main(words: list[str]) -> None:
    options = parse(words)
    require_sandbox()
    size = SIZES["quick" if options.quick else "full"]
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="course-bench-") as scratch:
        sections = []
        for section in measure(Path(scratch), size, options):
            sections.append(section)
            minutes = (time.perf_counter() - started) / 60
            write(options, words, sections, minutes)
    print(f"{minutes:.1f} minutes; written to {options.out}")


def write(options: argparse.Namespace, words: list[str], sections: list[str], minutes: float) -> None:
    """The page with what has been measured so far, so that an interrupt loses one row."""
    warning = "**Tiny sizes, which measure nothing (`--quick`).**\n\n" if options.quick else ""
    command = " ".join(["python benchmarks/grading.py", *report.without_folders(words)])
    machine = describe_machine(torch.device("cpu"))
    facts = f"- command: `{command}` ({minutes:.0f} minutes)\n- machine: {machine}\n"
    page = [
        "# Grading, measured against stock nbgrader\n",
        warning + facts,
        READING,
        *(f"{s}\n" for s in sections),
    ]
    options.out.write_text("\n".join(page), encoding="utf-8")


def measure(scratch: Path, size: Size, options: argparse.Namespace) -> Iterator[str]:
    """Each section of the page, printed as soon as it is measured."""
    bare = classes.make_course(scratch / "bare", NAME, experiments=False)
    rows = {"bare": lambda: duel(bare, size.duel, "Chapter 03 without its experiment cells")}
    rows["released"] = lambda: duel(
        classes.make_course(scratch / "released", NAME), size.duel, "Chapter 03 as released"
    )
    rows["growth"] = lambda: growth(bare, size.counts)
    rows["fleet"] = lambda: fleet(bare, size.duel, size.fleets)
    rows["small"] = lambda: small(scratch / "small", options.small)
    for name in options.rows:
        print(f"{name} ...", flush=True)
        section = rows[name]()
        print(section, flush=True)
        yield section


def duel(course: Path, n: int, title: str) -> str:
    """Stock and ours on the same submissions, ours before and after stock."""
    classes.hand_in(course, NAME, n)
    timings: dict[str, list[float]] = {"stock": [], "ours": []}
    scores: dict[str, dict] = {}
    cells: list[float] = []
    for who in ("ours", "stock", "ours"):
        with fresh_copy(course) as copied:
            timings[who].append(seconds_of(partial(PROGRAMS[who], copied)))
            mine = all_scores(copied)
            if scores.setdefault(who, mine) != mine or scores["ours"] != mine:
                raise SystemExit(f"{title}: the scores of {who} differ: {differences(scores['ours'], mine)}")
            if who == "ours":
                cells = execution_seconds(copied, n)
    stock, ours = statistics.median(timings["stock"]), statistics.median(timings["ours"])
    head = ["program", "seconds", "submissions a minute", "times"]
    body = [["stock nbgrader", _range(timings["stock"]), f"{60 * n / stock:.1f}", "1.00"]]
    body += [["`course grade`", _range(timings["ours"]), f"{60 * n / ours:.1f}", f"{stock / ours:.2f}"]]
    said = (
        f"\n\nScores: {sum(map(len, mine.values())):,} cells, all the same. A submission's execution took "
        f"{statistics.median(cells):.2f} s ({min(cells):.2f} to {max(cells):.2f}) of a worker."
    )
    return f"## {title}, {n} submissions\n\n{report.markdown(head, body)}{said}"


def execution_seconds(course: Path, n: int) -> list[float]:
    """Of each of ``n`` submissions, as `course grade` has kept it."""
    kept = [results.read(course, NAME, student) for student in classes.students(n)]
    return [result.seconds for result in kept if result]


def growth(course: Path, counts: tuple[int, ...]) -> str:
    """How the time grows with the number of submissions, and what of it is serial."""
    body = []
    for n in counts:
        classes.hand_in(course, NAME, n)
        with fresh_copy(course) as copied, stopwatch() as serial:
            seconds = seconds_of(lambda: batch.grade(copied, [NAME], batch.Settings(), say=silent))
            work = sum(execution_seconds(copied, n))
        body.append(
            [f"{n}", f"{seconds:.1f}", f"{seconds / n:.2f}", f"{work / n:.2f}", f"{1000 * serial[0] / n:.0f}"]
        )
    head = ["submissions", "seconds", "s each", "of a worker, s each", "serial, ms each"]
    said = (
        "\n\nSerial is the wall time that the main process spends on each submission, waiting for "
        "a processor included: repair, nbgrader's sanitising and "
        "writing."
    )
    return f"## Growth with the number of submissions\n\n{report.markdown(head, body)}{said}"


def fleet(course: Path, n: int, workers: tuple[int, ...]) -> str:
    """What a cluster would do: workers that wait as long as a submission took, and hand in what it gave."""
    classes.hand_in(course, NAME, n)
    outcomes: dict[str, batch.Outcome] = {}
    with fresh_copy(course) as copied, recorder(outcomes):
        batch.grade(copied, [NAME], batch.Settings(), say=silent)
    body = []
    for number in workers:
        waits = Waiting(outcomes)
        with (
            fresh_copy(course) as copied,
            LocalCluster(
                n_workers=1, threads_per_worker=number, processes=False, dashboard_address=None
            ) as cluster,
            patched(batch, "run", waits),
            stopwatch() as serial,
        ):
            settings = batch.Settings(scheduler=cluster.scheduler_address)
            seconds = seconds_of(partial(batch.grade, copied, [NAME], settings, say=silent))
        body.append([f"{number}", f"{seconds:.1f}", f"{60 * n / seconds:.0f}", f"{serial[0] / seconds:.0%}"])
    head = ["simulated workers", "seconds", "submissions a minute", "main process busy"]
    said = (
        "\n\nA simulated worker sleeps for the seconds that the submission took here, and returns what it "
        "gave; the main process does its real work. Where it is busy all the time, more workers help no more."
    )
    return f"## A cluster, {n} submissions\n\n{report.markdown(head, body)}{said}"


def small(folder: Path, n: int) -> str:
    """Many small submissions, once."""
    course = classes.make_small_course(folder, n)
    name = classes.SMALL
    seconds = seconds_of(lambda: batch.grade(course, [name], batch.Settings(), say=print))
    again = seconds_of(lambda: batch.grade(course, [name], batch.Settings(), say=silent))
    said = (
        f"{n} submissions of a small notebook: {seconds:.0f} s, {60 * n / seconds:.0f} a minute. "
        f"The same command again, nothing having changed: {again:.1f} s."
    )
    return f"## Many\n\n{said}"


class Waiting:
    """In the place of a worker's work: waits as long as it took, and returns what it gave.

    What no worker does, such as running our own answers, is done.
    """

    def __init__(self, outcomes: dict[str, batch.Outcome]):
        self.outcomes, self.work = outcomes, batch.run

    def __call__(self, task: batch.Task) -> batch.Outcome:
        if task.notebook not in self.outcomes:
            return self.work(task)
        outcome = self.outcomes[task.notebook]
        time.sleep(outcome.seconds)
        return outcome


@contextlib.contextmanager
def recorder(outcomes: dict[str, batch.Outcome]) -> Iterator[None]:
    """Keep what workers give, by the notebook that they were given."""
    prepare, finish = batch.Assignment.prepare, batch.Assignment.finish
    sent: dict[str, str] = {}

    def keep_task(self, submission):
        ready = prepare(self, submission)
        if isinstance(ready, batch.Task):
            sent[submission.student] = ready.notebook
        return ready

    def keep_outcome(self, submission, outcome):
        outcomes[sent[submission.student]] = copy.deepcopy(outcome)
        return finish(self, submission, outcome)

    with patched(batch.Assignment, "prepare", keep_task), patched(batch.Assignment, "finish", keep_outcome):
        yield


@contextlib.contextmanager
def stopwatch() -> Iterator[list[float]]:
    """Seconds that the main process spends on preparing and finishing submissions."""
    total = [0.0]

    def timed(method):
        def inner(*args):
            start = time.perf_counter()
            try:
                return method(*args)
            finally:
                total[0] += time.perf_counter() - start

        return inner

    one = batch.Assignment
    with patched(one, "prepare", timed(one.prepare)), patched(one, "finish", timed(one.finish)):
        yield total


@contextlib.contextmanager
def patched(owner: object, name: str, value: object) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextlib.contextmanager
def fresh_copy(course: Path) -> Iterator[Path]:
    """The course with its submissions, nothing graded; gone afterwards."""
    copied = course.with_name(f"{course.name}-copy")
    shutil.copytree(course, copied)
    try:
        yield copied
    finally:
        shutil.rmtree(copied)


def stock(course: Path) -> None:
    """`nbgrader autograde`."""
    _program(course, sys.executable, "-m", "nbgrader", "autograde", NAME)


def ours(course: Path) -> None:
    """`course grade`."""
    _program(course, sys.executable, "-m", "course_utils.cli", "grade", NAME)


def _program(course: Path, *words: str) -> None:
    with environment(PATH=path_with_our_programs()):
        done = subprocess.run(words, cwd=course, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(
            f"{' '.join(words[1:])} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )


PROGRAMS = {"stock": stock, "ours": ours}


def all_scores(course: Path) -> dict[str, dict[str, float | None]]:
    """The automatic score of each graded cell, by student."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        found = gradebook.assignment_submissions(NAME)
        return {
            s.student.id: {g.cell.name: g.auto_score for n in s.notebooks for g in n.grades} for s in found
        }


def differences(a: dict, b: dict) -> list[str]:
    return [
        f"{s}/{c}: {a[s].get(c)} and {b.get(s, {}).get(c)}"
        for s in a
        for c in a[s]
        if a[s].get(c) != b.get(s, {}).get(c)
    ]


def silent(line: str) -> None:
    """Takes a line of progress, and leaves it at that."""


def _range(seconds: list[float]) -> str:
    median = f"{statistics.median(seconds):.1f}"
    return median if len(seconds) == 1 else f"{median} ({min(seconds):.1f} to {max(seconds):.1f})"


def parse(words: list[str]) -> argparse.Namespace:
    names = ["bare", "released", "growth", "fleet", "small"]
    parser = argparse.ArgumentParser(prog="python benchmarks/grading.py")
    parser.add_argument("--quick", action="store_true", help="two submissions: does it run?")
    parser.add_argument("--rows", type=lambda text: text.split(","), default=names, help=",".join(names))
    parser.add_argument("--small", type=int, default=500, help="submissions of the last row")
    parser.add_argument("--out", type=Path, help="default, for all rows: GRADING.md")
    options = parser.parse_args(words)
    if unknown := set(options.rows) - set(names):
        parser.error(f"--rows: {', '.join(sorted(unknown))} is none of {', '.join(names)}")
    if options.out is None and (options.quick or options.rows != names):
        parser.error("some rows, or --quick, need --out: GRADING.md holds a whole measurement")
    options.out = options.out or HERE / "GRADING.md"
    return options


if __name__ == "__main__":
    main(sys.argv[1:])
