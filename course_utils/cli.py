"""The `course` command: build, run, fetch, hand out, and look after the course."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from course_utils.course.names import complete_name
from course_utils.errors import CourseError, EnvironmentProblem

FAILED, USAGE, ENVIRONMENT = 1, 2, 3
HELP = """Build, run and look after the course.

Exit codes: 0 all well; 1 a run, build, check or download failed; 2 the command was mistyped;
3 this machine lacks something (see `course doctor`).
"""
app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Budget = Literal["auto", "smoke", "cpu", "gpu"]


def main() -> None:
    """Run the command line; a problem that the reader can solve ends in a sentence."""
    os.environ.setdefault(
        "OMP_WAIT_POLICY", "PASSIVE"
    )  # as the notebooks do; torch reads it once, when it loads
    try:
        app()
    except CourseError as problem:
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        sys.exit(ENVIRONMENT if isinstance(problem, EnvironmentProblem) else FAILED)


@app.command()
def build(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; fail if a notebook is not as built.")
    ] = False,
) -> None:
    """Make both editions of every notebook from its text.

    The gradebook gets its entries too, so that nbgrader can grade.

    Example: `course build` prints `03_resnet18_finetune: instructor and student edition`.
    """
    root = course_folder()
    _need("jupytext", "nbgrader")
    from course_utils.authoring import release

    for name in release.check(root) if check else release.build(root):
        print(f"{name}: instructor and student edition" + (" are as built" if check else ""))


@app.command()
def run(
    notebooks: Annotated[
        list[str] | None, typer.Argument(help="Names, or how they begin: 03. Default: all.")
    ] = None,
    budget: Annotated[Budget, typer.Option(help="How much to do.")] = "smoke",
    data: Annotated[
        str, typer.Option(help="auto, cartoons, cifar10, or a folder or zip of images.")
    ] = "auto",
    weights: Annotated[str, typer.Option(help="auto, small, imagenet, none, or a file.")] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of every experiment.")] = 0,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a number of the budget: plateau.epochs=60."),
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Keep the results in the package; real data only.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Folder for notebooks and pages. Default: runs/<time>.")
    ] = None,
) -> None:
    """Run notebooks headlessly and make HTML pages of them.

    Example: `course run 03 --budget cpu --data photos.zip` ends with a table and the pages' path.
    """
    root = course_folder()
    _need("papermill", "nbconvert", "ipykernel")
    from course_utils.authoring import preflight, running

    settings = dict(_setting(text) for text in overrides or [])
    try:
        chosen = running.choose_notebooks(root, notebooks or [])
    except LookupError as problem:
        raise typer.BadParameter(str(problem.args[0])) from None
    if record:
        running.refuse_cartoons(data)
    parameters = {"budget": budget, "data": _absolute(data), "weights": _absolute(weights)}
    parameters |= {"seed": seed, "overrides": settings}
    folder = out or root / "runs" / datetime.now().strftime("%Y%m%d-%H%M%S")
    preflight.require([path.stem for path in chosen], folder, parameters)
    runs = running.run_all(running.Job(chosen, folder, parameters))
    print(f"\n{running.summary(runs)}\n\nseconds of the cells, by experiment")
    for notebook in (result.notebook for result in runs if result.passed):
        print(running.as_row(notebook, running.by_experiment(folder / f"{notebook}.ipynb")))
    print(f"\npages: {folder}/*.html")
    for result in runs:
        if record and result.passed:
            print("recorded in", running.record(result, _command(result.notebook, parameters)))
    if not all(result.passed for result in runs):
        raise typer.Exit(FAILED)


@app.command()
def fetch(
    names: Annotated[list[str], typer.Argument(help="cifar10, hotdog, resnet18, alexnet, ...")],
) -> None:
    """Download data sets and pretrained weights.

    Checksums are verified; an interrupted download goes on where it stopped.

    Example: `course fetch cifar10 resnet18`
    """
    from course_utils import catalogue

    for name in names:
        if name not in catalogue.CATALOGUE:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(catalogue.CATALOGUE)}")
    for name in names:
        print(f"{name}: {catalogue.fetch(name)}")


@app.command()
def data(
    name: Annotated[Literal["cartoons"], typer.Argument(help="The data set to measure.")],
) -> None:
    """Measure how hard a data set is.

    Simple baselines, linear probe, fine-tuning and training from scratch, three seeds each.

    Example: `course data cartoons` trains for some minutes and prints a table.
    """
    from course_utils.analysis import difficulty

    difficulty.measure()


@app.command()
def pretrain(
    data: Annotated[str, typer.Option(help="Folder or zip of images, 64x64 or larger, <split>/<class>/*.")],
    arch: Annotated[Literal["resnet18", "alexnet"], typer.Option(help="What to train.")] = "resnet18",
    out: Annotated[Path, typer.Option(help="Receives weights, classes, card, checkpoint.")] = Path(
        "pretrained"
    ),
    epochs: Annotated[int | None, typer.Option(help="Instead of the setting's own number.")] = None,
    name: Annotated[str | None, typer.Option(help="Of the data, for files and the card.")] = None,
    terms: Annotated[str, typer.Option(help="On which the images may be used, for the card.")] = "not stated",
    start: Annotated[Path | None, typer.Option(help="Weights to go on from.")] = None,
    seed: int = 0,
) -> None:
    """Train upstream weights on an image folder.

    Hours on a CPU; an interrupted training goes on behind its last epoch. Writes a model card.

    Example: `course pretrain --data images.zip --arch resnet18 --out pretrained`
    """
    from course_utils.models.weights import from_file
    from course_utils.training import pretraining

    begin = from_file(start, arch) if start else None
    report = pretraining.pretrain(
        data, arch, out, epochs=epochs, start=begin, name=name, terms=terms, seed=seed
    )
    sizes = ", ".join(f"{top1:.1%} at {size} px" for size, top1 in report.by_size.items())
    print(f"{report.file}: top-1 {sizes} on {report.n_held_out:,} held-out images")


@app.command()
def bench(
    gpu: Annotated[bool, typer.Option("--gpu", help="Insist on a GPU; the recipes run too.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Tiny sizes: does it run?")] = False,
    rows: Annotated[str | None, typer.Option(help="resnet18,probe,... Default: all.")] = None,
    data: Annotated[
        str | None, typer.Option(help="cartoons, cifar10 (what --gpu takes by itself), or a folder or zip.")
    ] = None,
    starts: Annotated[str | None, typer.Option(help="none,small,imagenet or files: of the recipes.")] = None,
    images: Annotated[int | None, typer.Option(help="Training images of the fast rows.")] = None,
    repeats: Annotated[int | None, typer.Option(help="Rounds of each row.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Default: benchmarks/RESULTS.md, on a GPU RESULTS-GPU.md.")
    ] = None,
) -> None:
    """Measure training against the usual loop.

    Both in turn in one run, then a page of tables. Twelve minutes on two quiet cores.

    Example: `course bench --rows resnet18,probe`
    """
    import subprocess

    script = course_folder() / "benchmarks" / "training.py"
    given = {
        "--rows": rows, "--data": data and _absolute(data), "--starts": starts,
        "--images": images, "--repeats": repeats, "--out": out,
    }  # fmt: skip
    words = [str(w) for pair in given.items() if pair[1] is not None for w in pair]
    words += ["--gpu"] * gpu + ["--quick"] * quick
    code = subprocess.run([sys.executable, str(script), *words], check=False).returncode
    if code:
        raise typer.Exit(code)


@app.command()
def experiment(
    name: Annotated[str | None, typer.Argument(help="Which one; without it: the list.")] = None,
    data: Annotated[
        str, typer.Option(help="cifar10, or a folder or zip of it (hotdog: of photographs).")
    ] = "cifar10",
    arms: Annotated[
        list[str] | None, typer.Option("--arm", help="Only this one; may be given several times.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Checkpoints and results; a stopped run goes on.")] = Path(
        "runs/evidence"
    ),
    quick: Annotated[bool, typer.Option("--quick", help="Tiny sizes: does it run?")] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Keep the record in the package; real data only.")
    ] = False,
    note: Annotated[str, typer.Option(help="On the circumstances, for the record.")] = "",
) -> None:
    """Run a named experiment on real data, or list them.

    Minutes to hours; a stopped run goes on with the epoch and the arms that are missing. Writes
    `<out>/<name>/<name>.json` after each arm.

    Example: `course experiment start --data cifar10.zip`
    """
    from course_utils.evidence import running
    from course_utils.evidence.catalogue import EXPERIMENTS

    if name is None:
        print(running.listing(EXPERIMENTS))
        return
    if name not in EXPERIMENTS:
        raise typer.BadParameter(f"{name!r} is none of {', '.join(EXPERIMENTS)}")
    if quick and record:
        raise typer.BadParameter("--quick and --record: quick results are not recorded")
    command = f"course experiment {name} --data {Path(data).name}"
    lab = running.Lab(_absolute(data), out / ("quick" if quick else "") / name, quick)
    target = running.RECORDS if record else None
    running.run(EXPERIMENTS[name], lab, command, note, tuple(arms or ()), target)
    print(f"\nrecord: {lab.folder / name}.json")


@app.command()
def handout(folder: Annotated[Path, typer.Argument(help="A new or empty folder.")]) -> None:
    """Make what students get.

    The package, their notebooks and requirements; no solutions, no hidden tests.

    Example: `course handout /tmp/course`
    """
    root = course_folder()
    _need("jupytext", "nbgrader")
    from course_utils.authoring import handout as authoring

    for path in authoring.make_handout(root, folder):
        print(path)


@app.command()
def site(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    answers: Annotated[
        Literal["left-out", "folded"], typer.Option(help="Solutions and hidden tests: absent, or closed.")
    ] = "left-out",
    budget: Annotated[Budget, typer.Option(help="How much to do.")] = "smoke",
    data: Annotated[
        str, typer.Option(help="auto, cartoons, cifar10, or a folder or zip of images.")
    ] = "auto",
    weights: Annotated[str, typer.Option(help="auto, small, imagenet, none, or a file.")] = "auto",
    executed: Annotated[
        Path | None, typer.Option(help="Take what `course run` left here instead of running.")
    ] = None,
) -> None:
    """Make web pages of the course.

    Every chapter executed, the documents, a search; light and dark; nothing is loaded from elsewhere, and the
    pages open from disk.

    Example: `course site _site` runs all notebooks at `smoke` first
    """
    root = course_folder()
    _need("papermill", "nbconvert", "ipykernel")
    from course_utils.authoring import site as pages

    pages.require_empty(folder)
    if executed is None:
        executed = root / "runs" / datetime.now().strftime("%Y%m%d-%H%M%S")
        run(None, budget, data, weights, out=executed)
    made = pages.write_site(root, executed, folder, answers)
    print(f"\n{len(made)} files; begin with {folder / pages.START}")


@app.command()
def check(
    notebook: Annotated[Path, typer.Argument(help="Your notebook, saved.")],
) -> None:
    """Look over a notebook before handing in.

    Runs it as grading does, in a kernel of its own, and tells which exercises pass their visible checks, and
    which cells are missing, doubled or changed. Your file is only read. Exit code 0 if it can be graded as
    it is and nothing that you tried fails. On Colab, mount your Drive and write `!` in front.

    Example: `course check 01_concepts.ipynb`
    """
    _need("nbformat", "nbclient", "ipykernel")
    from course_utils.course import handin, released

    print(f"running {notebook.name} as grading does; this takes a minute ...", flush=True)
    report = handin.check(notebook, released.read_list())
    print(report)
    if not report.ready:
        raise typer.Exit(FAILED)


@app.command()
def collect(
    archive: Annotated[Path, typer.Argument(help="The zip as Moodle or Canvas made it.")],
    assignment: Annotated[
        str | None, typer.Option(help="Take this one only: 01. Default: what each notebook holds.")
    ] = None,
    roster: Annotated[
        Path | None, typer.Option(help="CSV of the class: student_id, name, number; or an LMS's own export.")
    ] = None,
    pattern: Annotated[
        str | None, typer.Option(metavar="REGEX", help="For file names of another kind: (?P<student_id>...).")
    ] = None,
    lms: Annotated[Literal["auto", "moodle", "canvas"], typer.Option(help="Whose file names.")] = "auto",
) -> None:
    """Sort an LMS's zip into `submitted/`.

    The latest notebook of each student counts; an older submission moves to `replaced/`. Nothing in the
    archive is trusted, and one bad file stops no other. A table tells what became of each file; exit code 1
    if one was left out or cannot be read.

    Example: `course collect submissions.zip --assignment 01 --roster class.csv`
    """
    root = course_folder()
    _need("nbformat")
    from course_utils.grading.submissions import collect as sorting
    from course_utils.grading.submissions.naming import PatternError
    from course_utils.grading.submissions.roster import read_roster

    released = sorting.released_ids(root)
    wanted = _assignment(root, assignment) if assignment else None
    course = sorting.Course(root, released, wanted, read_roster(roster) if roster else None)
    try:
        outcomes = sorting.collect(archive, course, lms, pattern)
    except PatternError as problem:
        raise typer.BadParameter(str(problem)) from None
    print(sorting.report(outcomes))
    if sorting.needs_you(outcomes):
        raise typer.Exit(FAILED)


@app.command()
def grade(
    assignment: Annotated[
        str | None, typer.Argument(help="Its name, or how it begins: 03. Default: all.")
    ] = None,
    students: Annotated[
        list[str] | None, typer.Option(help="Only this one; may be given several times.")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes on this machine; 0: one for each core.")] = 0,
    scheduler: Annotated[
        str, typer.Option(help="A Dask scheduler instead, such as tcp://10.0.0.1:8786.")
    ] = "",
    timeout: Annotated[int | None, typer.Option(min=1, help="Seconds for one cell.")] = None,
    deadline: Annotated[int | None, typer.Option(min=1, help="Seconds for a whole notebook.")] = None,
    unsafe: Annotated[bool, typer.Option("--unsafe", help="Run students' code without a sandbox.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run unchanged submissions again, too.")] = False,
) -> None:
    """Grade a whole class into nbgrader's gradebook.

    Each submission in a sandbox, several at once. Stop it when you like; the same command goes on.

    Example: `course grade 03` ends with a table and `grades/03_resnet18_finetune.csv`.
    """
    root = course_folder()
    _need("nbgrader", "distributed", "filelock")
    if not (unsafe or scheduler):
        from course_utils.grading.sandbox.kernels import warm_server

        warm_server()  # it starts while this process imports, which takes as long
    from course_utils.grading import batch
    from course_utils.grading.gradebook import glance, report

    try:
        names = batch.choose_assignments(root, assignment)
    except LookupError as problem:
        raise typer.BadParameter(str(problem.args[0])) from None
    settings = batch.Settings(batch.limits(timeout, deadline), workers, scheduler, unsafe, fresh)
    rows_by_name = batch.grade(root, names, settings, students or [])
    for name, rows in rows_by_name.items():
        file = root / "grades" / f"{name}.csv"
        if not students:
            report.write_csv(file, rows)
        print(f"\n{name}\n{report.table(rows)}")
        if changed := report.changes(rows):
            print(f"\nscores that changed:\n{changed}")
        if not students:
            page = glance.write(root, name, rows)
            print(f"\n{file.relative_to(root)}\nthe class at a glance: {page.relative_to(root)}")
    if not all(row.graded for rows in rows_by_name.values() for row in rows):
        raise typer.Exit(FAILED)


@app.command()
def export(
    assignment: Annotated[str, typer.Argument(help="Its name, or how it begins: 01.")],
    lms: Annotated[Literal["moodle", "canvas"], typer.Option(help="Who shall import it.")] = "moodle",
    roster: Annotated[
        Path | None, typer.Option(help="CSV of the class, best the LMS's own export: who gets a line.")
    ] = None,
    column: Annotated[
        str, typer.Option(help="How the LMS calls the assignment; Canvas makes a new one otherwise.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="Default: grades/<assignment>.<lms>.csv.")] = None,
) -> None:
    """Write grades as a CSV for Moodle or Canvas.

    Whatever is not final (flagged, awaiting a mark, not readable) is listed and left blank, never 0. Exit
    code 1 if there is such work.

    Example: `course export 01 --lms canvas --roster class.csv --column "Homework 1 (4711)"`
    """
    root = course_folder()
    _need("nbgrader")
    from course_utils.grading.gradebook import export as exporting
    from course_utils.grading.submissions.roster import read_roster

    name = _assignment(root, assignment)
    file = out or root / "grades" / f"{name}.{lms}.csv"
    made = exporting.export(root, name, lms, file, read_roster(roster) if roster else None, column)
    print(exporting.report(made))
    if made.unfinished:
        raise typer.Exit(FAILED)


@app.command()
def feedback(assignment: Annotated[str, typer.Argument(help="Its name, or how it begins: 01.")]) -> None:
    """Write a page of feedback for each student.

    HTML that opens from disk, without hidden tests and without any script: what passed, what failed and of
    which kind, what did not run and why, comments and scores. Exit code 1 if somebody gets no page yet.

    Example: `course feedback 01` writes `feedback/<student>/01_concepts/01_concepts.html`
    """
    root = course_folder()
    _need("nbgrader", "nbconvert", "jupytext")
    from course_utils.grading.gradebook import feedback as pages

    outcomes = pages.write_feedback(root, _assignment(root, assignment))
    print(*pages.report(outcomes), sep="\n")
    if any(outcome.file is None for outcome in outcomes):
        raise typer.Exit(FAILED)


@app.command()
def doctor() -> None:
    """Tell what is there, what is missing, and what to do."""
    from course_utils import doctor as examination

    findings = examination.examine(find_course_folder())
    print(*findings, sep="\n")
    if examination.lacks_essentials(findings):
        raise typer.Exit(ENVIRONMENT)


def find_course_folder() -> Path | None:
    """The folder with ``nbgrader_config.py`` and ``solutions``: here or above."""
    here = Path.cwd()
    wanted = ("nbgrader_config.py", "solutions")
    return next((p for p in (here, *here.parents) if all((p / w).exists() for w in wanted)), None)


def course_folder() -> Path:
    """Like :func:`find_course_folder`.

    Raises:
        EnvironmentProblem: if there is none.
    """
    found = find_course_folder()
    if found is None:
        raise EnvironmentProblem(
            "this is not the course folder.",
            expected="a folder with nbgrader_config.py and solutions/, here or above",
            found=str(Path.cwd()),
            do="change into your copy of the course",
        )
    return found


def _need(*packages: str) -> None:
    from importlib.util import find_spec

    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise EnvironmentProblem(
            f"not installed: {', '.join(missing)}.", do="pip install -r requirements.txt"
        )


def _assignment(root: Path, beginning: str) -> str:
    """The one notebook that is called so, or whose name begins so."""
    names = sorted(path.stem for path in (root / "notebooks").glob("*/*.ipynb"))
    try:
        return complete_name(beginning, names)
    except LookupError as problem:
        raise typer.BadParameter(str(problem)) from None


def _setting(text: str) -> tuple[str, object]:
    """``plateau.epochs=60`` as a key and a number, list or word."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise typer.BadParameter(f"--set {text}: expected KEY=VALUE, such as plateau.epochs=60")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value


def _absolute(source: str) -> str:
    """Notebooks run in a folder of their own, so a path must not depend on where we are."""
    path = Path(source).expanduser()
    return str(path.resolve()) if path.exists() else source


def _command(notebook: str, parameters: dict) -> str:
    """The command that gives these results again, without the folders of this machine."""
    words = ["course run", notebook]
    words += [
        f"--{name} {Path(str(parameters[name])).name}" for name in ("budget", "data", "weights", "seed")
    ]
    words += [f"--set {key}={json.dumps(value)}" for key, value in parameters["overrides"].items()]
    return " ".join(words)


if __name__ == "__main__":
    main()
