"""For authors: build, run, hand out, and make the web pages."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from course_utils.cli.preconditions import FAILED, absolute, course_folder, need
from course_utils.course.names import choose_notebooks
from course_utils.errors import DataError

if TYPE_CHECKING:
    from course_utils.authoring.running import Run

Budget = Literal["auto", "smoke", "cpu", "gpu"]


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
    need("jupytext", "nbgrader")
    from course_utils.authoring import release

    for name in release.check(root) if check else release.build(root):
        print(f"{name}: instructor and student edition" + (" are as built" if check else ""))


def run(
    notebooks: Annotated[
        list[str] | None, typer.Argument(help="Names, or how they begin: 03. Default: all.")
    ] = None,
    budget: Annotated[Budget, typer.Option(help="How much to do.")] = "smoke",
    data: Annotated[
        str, typer.Option(help="auto, cartoons, cifar10, or a folder or zip of images.")
    ] = "auto",
    weights: Annotated[str, typer.Option(help="auto, small, imagenet, none, or a file.")] = "auto",
    seed: Annotated[int, typer.Option(min=0, help="Seed of every experiment.")] = 0,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a number of the budget: plateau.epochs=60."),
    ] = None,
    record: Annotated[
        bool, typer.Option("--record", help="Keep the results in the package; real data only.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="RESULT", help="With --record: renew this result alone."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for notebooks and pages. Default: runs/<time>.")
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Notebooks at a time. Default: 1; two at smoke, without --record."),
    ] = None,
) -> None:
    """Run notebooks headlessly and make HTML pages of them.

    Example: `course run 03 --budget cpu --data photos.zip` ends with a table and the pages' path.
    """
    if only and not record:
        raise typer.BadParameter("--only says what to record: it goes with --record")
    if record and jobs not in (None, 1):
        raise typer.BadParameter("--jobs takes time from what is timed: it does not go with --record")
    root = course_folder()
    need("papermill", "nbconvert", "ipykernel")
    settings = dict(_setting(text) for text in overrides or [])
    from course_utils.authoring import preflight

    preflight.require_files(absolute(data), absolute(weights))
    try:
        chosen = choose_notebooks(root, notebooks or [])
    except LookupError as problem:
        raise typer.BadParameter(str(problem.args[0])) from None
    if record:
        from course_utils.data.loading import refuse_cartoons

        refuse_cartoons(data)
        if budget == "smoke":
            raise typer.BadParameter("--record: `smoke` measures nothing; add --budget cpu, or gpu")
        if only:
            preflight.require_results(chosen, budget, only)
    parameters: dict[str, object] = {"budget": budget, "data": absolute(data), "weights": absolute(weights)}
    parameters |= {"seed": seed, "overrides": settings}
    folder = out or root / "runs" / datetime.now().strftime("%Y%m%d-%H%M%S")
    preflight.require([path.stem for path in chosen], folder, parameters)
    from course_utils.authoring import at_once, running

    job = running.Job(chosen, folder, parameters)
    at_a_time = min(len(chosen), jobs or (2 if budget == "smoke" and not record else 1))
    runs = at_once.run_all(job, at_a_time) if at_a_time > 1 else running.run_all(job)
    print(f"\n{running.summary(runs)}\n\nseconds of the cells, by experiment")
    for notebook in (result.notebook for result in runs if result.passed):
        print(running.as_row(notebook, running.by_experiment(folder / f"{notebook}.ipynb")))
    print(f"\npages: {folder}/*.html")
    passed = [result for result in runs if result.passed]
    all_recorded = not record or _record(passed, parameters, only or ())
    if not all_recorded or len(passed) < len(runs):
        raise typer.Exit(FAILED)


def handout(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    offline: Annotated[
        bool, typer.Option("--offline", help="Add wheels of everything, for this system and Python.")
    ] = False,
) -> None:
    """Make what students get.

    The package, their notebooks and requirements; no solutions, no hidden tests.

    Example: `course handout /tmp/course`
    """
    root = course_folder()
    need("jupytext", "nbgrader")
    from course_utils.authoring import handout as authoring

    for path in authoring.make_handout(root, folder, offline):
        print(path)


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
    need("papermill", "nbconvert", "ipykernel")
    from course_utils.authoring import site as pages
    from course_utils.authoring import target

    target.require_empty(folder, pages.ROOM)
    if executed is None:
        executed = root / "runs" / datetime.now().strftime("%Y%m%d-%H%M%S")
        run(None, budget, data, weights, out=executed)
    made = pages.write_site(root, executed, folder, answers)
    print(f"\n{len(made)} files; begin with {folder / pages.START}")


def _setting(text: str) -> tuple[str, object]:
    """``plateau.epochs=60`` as a key and a number, list or word."""
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise typer.BadParameter(f"--set {text}: expected KEY=VALUE, such as plateau.epochs=60")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError:
        return key, value


def _record(runs: Sequence[Run], parameters: Mapping, only: Sequence[str]) -> bool:
    """Record each run; one that cannot be recorded does not stop the others. Whether all were."""
    from course_utils.authoring import running

    refused = 0
    for result in runs:
        try:
            path = running.record(result, _command(result.notebook, parameters), only=only)
        except DataError as problem:
            refused += 1
            print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
        else:
            print("recorded in", path)
    return not refused


def _command(notebook: str, parameters: Mapping) -> str:
    """The command that gives these results again, without the folders of this machine."""
    words = ["course", "run", notebook]
    for name in ("budget", "data", "weights", "seed"):
        words += [f"--{name}", Path(str(parameters[name])).name]
    for key, value in parameters["overrides"].items():
        words += ["--set", f"{key}={json.dumps(value)}"]
    return shlex.join(words)
