"""Several notebooks at a time, each run by a process of its own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from course_utils.authoring.running import INTERRUPTED, Job, Run, run_one
from course_utils.environ import environment
from course_utils.signals import handled

STOP = "stop"


def run_all(job: Job, jobs: int, report: Callable[[str], None] = print) -> list[Run]:
    """As ``running.run_all``, but ``jobs`` notebooks at a time, each with its share of the processors.

    They take time from each other: their seconds are good for a look, not for a record.
    """
    waiting = list(enumerate(job.notebooks, start=1))
    busy: dict[Connection, tuple[BaseProcess, str]] = {}
    runs: dict[str, Run] = {}

    def stop(number: int, frame: object) -> None:
        waiting.clear()
        for connection, (process, _) in busy.items():
            _interrupt(process, connection)

    threads = os.environ.get("OMP_NUM_THREADS") or str(max(1, (os.cpu_count() or 1) // jobs))
    with handled(signal.SIGINT, stop), environment(OMP_NUM_THREADS=threads):
        while waiting or busy:
            while waiting and len(busy) < jobs:
                position, notebook = waiting.pop(0)
                report(f"[{position}/{len(job.notebooks)}] {notebook.stem} ...")
                connection, process = _started(notebook, job.out, job.parameters)
                busy[connection] = process, notebook.stem
            ready = wait(list(busy))
            for connection in [c for c in busy if c in ready]:
                process, name = busy.pop(connection)
                runs[name] = run = _result(connection, process, name)
                report(f"      {name}: {run.result}, {run.seconds:.0f} s")
    return [runs[notebook.stem] for notebook in job.notebooks if notebook.stem in runs]


def _started(notebook: Path, out: Path, parameters: Mapping[str, object]) -> tuple[Connection, BaseProcess]:
    ours, its = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_run, args=(its, notebook, out, parameters))
    with handled(signal.SIGINT, signal.SIG_IGN):  # it stays deaf until it can take an interrupt well
        process.start()
    its.close()
    return ours, process


def _run(connection: Connection, notebook: Path, out: Path, parameters: Mapping[str, object]) -> None:
    """What each process does. Ctrl-C in a terminal reaches it through the first process alone, once."""
    if hasattr(os, "setsid"):
        os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        stopped = connection.poll()
        run = Run(notebook.stem, 0.0, INTERRUPTED) if stopped else run_one(notebook, out, parameters)
    except KeyboardInterrupt:
        run = Run(notebook.stem, 0.0, INTERRUPTED)
    connection.send(run)


def _interrupt(process: BaseProcess, connection: Connection) -> None:
    """Ctrl-C for one that runs; one that is still starting finds the word when it begins."""
    with contextlib.suppress(OSError):  # it has just ended
        connection.send(STOP)
        if os.name != "nt" and process.pid:  # on Windows a console tells all of them
            os.kill(process.pid, signal.SIGINT)


def _result(connection: Connection, process: BaseProcess, name: str) -> Run:
    try:
        run = connection.recv()
    except (EOFError, OSError):  # killed, or out of memory
        process.join()
        return Run(name, 0.0, f"its process ended with code {process.exitcode}")
    process.join()
    return run
