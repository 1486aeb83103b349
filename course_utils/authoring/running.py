"""Headless runs of notebooks: pages, a table, records, and where the seconds went."""

from __future__ import annotations

import json
import logging
import platform
import re
import sys
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import nbformat

from course_utils.authoring.page import write_page
from course_utils.course import recorded
from course_utils.course.budget import TABLE
from course_utils.environ import environment
from course_utils.errors import DO, DataError
from course_utils.tables import table

SET_UP = "set-up"
READS = re.compile(r"\bplan\.(\w+)")
OK, INTERRUPTED = "ok", "interrupted"
ENDED_WELL = (("SystemExit", ""), ("SystemExit", "0"))  # as for papermill
# What the kernel of a headless run sees.
HEADLESS = {"TQDM_DISABLE": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def by_experiment(executed: Path) -> dict[str, float]:
    """Seconds of the cells of a notebook that papermill has executed, by experiment.

    A cell counts for the experiment whose numbers it reads (``plan.starts.epochs``), and rather for one
    that no cell before has read; a cell that reads none belongs to the experiment before it. What
    comes before the first is ``"set-up"``. Starting the kernel and making the page are not in it.

    Args:
        executed: the notebook; its name is that of its budget table.
    """
    known = set(tomllib.loads(TABLE.read_text(encoding="utf-8")).get(executed.stem, ())) - {"data"}
    current, seconds = SET_UP, {SET_UP: 0.0}
    for cell in json.loads(executed.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        read = [name for name in READS.findall("".join(cell["source"])) if name in known]
        new = [name for name in read if name not in seconds]
        current = next(iter(new + read), current)
        seconds.setdefault(current, 0.0)
        seconds[current] += cell["metadata"].get("papermill", {}).get("duration") or 0.0
    return seconds


def as_row(notebook: str, seconds: Mapping[str, float]) -> str:
    """The line of ``[seconds]`` in ``budgets.toml``: ``01_concepts = { set-up = 9, starts = 131 }``."""
    return f"{notebook} = {{ {', '.join(f'{name} = {value:.0f}' for name, value in seconds.items())} }}"


@dataclass(frozen=True)
class Job:
    """What to run and with which parameters.

    Attributes:
        notebooks: instructor editions, in order.
        out: receives ``NAME.ipynb`` (executed) and ``NAME.html`` of each.
        parameters: for papermill: budget, data, weights, seed, overrides.
    """

    notebooks: Sequence[Path]
    out: Path
    parameters: Mapping[str, object]


@dataclass(frozen=True)
class Run:
    """What came of one notebook.

    Attributes:
        result: ``"ok"``, ``"interrupted"``, or the error of the first failing cell; several lines where
            the error says what to do.
        facts: what the notebook said about itself (data, weights, budget, seed, results).
    """

    notebook: str
    seconds: float
    result: str
    facts: dict = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return self.result == OK


def run_all(job: Job, report: Callable[[str], None] = print) -> list[Run]:
    """Run every notebook; one that fails does not stop the others, Ctrl-C keeps what has run.

    Args:
        report: is called with a line before and after each notebook.
    """
    runs: list[Run] = []
    for position, notebook in enumerate(job.notebooks, start=1):
        report(f"[{position}/{len(job.notebooks)}] {notebook.stem} ...")
        runs.append(run_one(notebook, job.out, job.parameters))
        report(f"      {runs[-1].result}, {runs[-1].seconds:.0f} s")
        if runs[-1].result == INTERRUPTED:
            break
    return runs


def run_one(notebook: Path, out: Path, parameters: Mapping[str, object]) -> Run:
    """Execute one notebook in a folder of its own below ``out`` and make its page."""
    out = out.resolve()
    executed, results = out / notebook.name, out / f"{notebook.stem}.json"
    results.unlink(missing_ok=True)
    scratch = out / f"{notebook.stem}.files"
    scratch.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    with environment(COURSE_RESULTS=str(results), **HEADLESS):
        result = _execute(notebook, executed, parameters, scratch)
    seconds = time.perf_counter() - started
    if not any(scratch.iterdir()):
        scratch.rmdir()
    if executed.exists():  # not where it ended before its first cell
        write_page(executed)
    facts = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    return Run(notebook.stem, seconds, result, facts)


def summary(runs: Sequence[Run]) -> str:
    """The table that ends a run."""
    rows = [
        {
            "notebook": run.notebook,
            "data": run.facts.get("data", "-"),
            "weights": run.facts.get("weights", "-"),
            "seconds": f"{run.seconds:.0f}",
            "result": run.result.partition("\n")[0],
        }
        for run in runs
    ]
    return table(rows)


def record(run: Run, command: str, folder: Path = recorded.FOLDER, only: Sequence[str] = ()) -> Path:
    """Write the results of a run on real data to the package, with machine, versions and command.

    Args:
        only: names of results: these alone are renewed, in a record that stands.

    Raises:
        DataError: if the run failed, kept no results (or not those of ``only``), or saw only cartoons, or
            there is no record yet in which ``only`` could be renewed, or one of other data, weights or seed.
    """
    results, target = run.facts.get("results", {}), folder / f"{run.notebook}.{run.facts.get('budget')}.json"
    if not run.passed or not results.keys() >= {*only} or not results:
        found = (", ".join(results) or "no results") if run.passed else run.result
        raise DataError(f"{run.notebook} is not recorded.", found=found)
    from course_utils.data.loading import refuse_cartoons
    from course_utils.machine import describe_machine

    refuse_cartoons(run.facts["data"])
    if only and not target.exists():
        raise DataError(f"{run.notebook} has no record to renew.", do="leave --only out")
    if only:
        _refuse_another_run(run, target)
    facts: dict[str, object] = {"machine": describe_machine(), "versions": _versions(), "command": command}
    facts["seconds"] = round(run.seconds)
    if only:
        recorded.renew(target, {name: results[name] for name in only}, facts)
    else:
        recorded.write_json(target, run.facts | facts)
    return target


def _refuse_another_run(run: Run, target: Path) -> None:
    """What is renewed takes the place of a result of the same data, weights and seed."""
    known = json.loads(target.read_text(encoding="utf-8"))
    for key in ("data", "weights", "seed"):
        if known.get(key) != run.facts.get(key):
            raise DataError(
                f"{target.name} was recorded with other {key}.",
                expected=str(known.get(key)),
                found=str(run.facts.get(key)),
                do="repeat the run with these, or record it as a whole, without --only",
            )


def _execute(notebook: Path, executed: Path, parameters: Mapping[str, object], cwd: Path) -> str:
    import papermill

    from course_utils.authoring import engine

    try:
        papermill.execute_notebook(
            notebook,
            executed,
            parameters=dict(parameters),
            kernel_name="python3",
            engine_name=engine.NAME,
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],  # no talk of sockets
            cwd=cwd,
            progress_bar={"desc": notebook.stem, "leave": False} if sys.stderr.isatty() else False,
        )
    except KeyboardInterrupt:
        # nbclient leaves a task behind, which would print a traceback when it is forgotten.
        logging.getLogger("asyncio").disabled = True
        return INTERRUPTED
    except papermill.PapermillExecutionError:
        return _first_error(executed)
    except Exception as problem:  # the kernel died, or never started
        return f"{type(problem).__name__}: {str(problem).strip().partition(chr(10))[0]}"
    return OK


def _first_error(executed: Path) -> str:
    """With its cell's number. Papermill tells the last one, and graded cells do not stop a run."""
    errors = (
        (cell.execution_count, output)
        for cell in nbformat.read(executed, as_version=4).cells
        for output in cell.get("outputs", ())
        if output.output_type == "error" and (output.ename, output.evalue) not in ENDED_WELL
    )
    count, error = next(errors)
    return f"In [{count}]: {_error_line(error)}"


def _error_line(problem: nbformat.NotebookNode) -> str:
    """The error as one line of bearable length; one of the course's own with what to do."""
    lines = f"{problem.ename}: {problem.evalue}".strip().splitlines()
    if any(line.startswith(DO) for line in lines):
        return "\n".join(lines)
    return lines[0] if len(lines[0]) <= 100 else lines[0][:99] + "…"


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in ("torch", "torchvision")}
    return {"python": platform.python_version(), **packages}
