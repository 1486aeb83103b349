"""Dask: a cluster on this machine or one at an address, and tasks whose results come as they complete."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from itertools import chain
from types import MappingProxyType
from typing import Any

import dask
from distributed import Client, Future, LocalCluster, wait
from distributed.comm import CommClosedError
from distributed.utils import get_mp_context

from course_utils.environ import environment
from course_utils.errors import CourseError
from course_utils.grading.editions import PACKAGE
from course_utils.grading.worker import package

WORKER = "course_utils.grading.worker"
AHEAD = 2  # tasks sent for each thread, so that no worker waits for the next
LOOK_SECONDS = 1.0  # how often to look whether the scheduler still lives, and to show progress
LOGGERS = ("distributed", "distributed.client", "tornado.application")
CONNECT_SECONDS, GONE_SECONDS = 10, 10
FORGOTTEN = ("cancelled", "lost")  # states of futures that come to nothing, though nobody released them
LOSSES = 2  # of the connection, before a batch gives up
SETTINGS = {
    "distributed.worker.multiprocessing-method": "forkserver",  # what workers import is imported once
    "distributed.worker.profile.enabled": False,  # samples every process 100 times a second
    # A task is given to a worker when it is free, so that a worker's death concerns one task; that one is
    # tried once more.
    "distributed.scheduler.worker-saturation": 1.0,
    "distributed.scheduler.allowed-failures": 1,
    "distributed.comm.timeouts.connect": f"{CONNECT_SECONDS}s",
}


class ClusterError(CourseError):
    """The scheduler cannot be reached, or no longer."""


@contextmanager
def open_cluster(
    workers: int, address: str = "", variables: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Client]:
    """A client of the scheduler at ``address``, or of a local cluster of ``workers`` processes.

    Args:
        variables: added to the environment of workers on this machine.

    Raises:
        ClusterError: if there is no scheduler at the address.
    """
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what matters to a grader is told by us
    with dask.config.set(SETTINGS):
        with _there(address) if address else _here(workers, variables) as client:
            yield client


@contextmanager
def _here(workers: int, variables: Mapping[str, str]) -> Iterator[Client]:
    """Processes on this machine that import this very package, whatever lies in the folder we are in."""
    get_mp_context().set_forkserver_preload([WORKER])
    with (
        environment(PYTHONSAFEPATH="1", PYTHONPATH=_our_path()),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,  # the sandbox has the limit
            dashboard_address="127.0.0.1:0",  # whatever port is free
            silence_logs=logging.CRITICAL,
            preload=[WORKER],
            env=dict(variables),
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


@contextmanager
def _there(address: str) -> Iterator[Client]:
    try:
        client = Client(address, timeout=f"{CONNECT_SECONDS}s")
    except (OSError, ValueError, TimeoutError) as problem:
        raise ClusterError(
            f"there is no Dask scheduler at {address}.",
            expected="an address such as tcp://127.0.0.1:8786",
            found=str(problem).strip().split("\n")[0],
            do="start one with `dask scheduler`, and workers with `dask worker --nthreads 1`",
        ) from None
    with client:
        yield client


def require_same_package(client: Client, here: bool) -> None:
    """Refuse workers that would grade with another version of the course than this process.

    Args:
        here: whether they are on this machine, where kernels get the package that lies at the same place.

    Raises:
        ClusterError: which one differs, and how.
    """
    ours = package()
    for worker, theirs in client.run(package).items():
        if theirs.key != ours.key or (here and theirs.folder != ours.folder):
            raise ClusterError(
                f"the worker at {worker} would grade with another course_utils than this command.",
                expected=f"{ours.folder}, {ours.key[:8]}",
                found=f"{theirs.folder}, {theirs.key[:8]}",
                do="install the same version of the course for both, and start the workers again",
            )


def _our_path() -> str:
    return os.pathsep.join(filter(None, [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]))


def run_all(
    client: Client,
    function: Callable[[Any], Any],
    tasks: Iterable[tuple[Any, Any]],
    tick: Callable[[int], None],
) -> Iterator[tuple[Any, Any]]:
    """Run ``function`` on all tasks; few are sent ahead.

    Args:
        tasks: pairs of a name of any kind and the function's argument; taken when they can be sent.
        tick: is told how many run, at least every ``LOOK_SECONDS``.

    Yields:
        The name and the result, or the exception that came instead, as they complete.

    A connection that breaks and comes back has forgotten what ran: that is sent again, ``LOSSES`` times.

    Raises:
        ClusterError: if the scheduler is lost.
    """
    running: dict[Future, tuple[Any, Any]] = {}
    source = iter(tasks)
    losses = 0
    left = True
    while left or running:
        threads = _threads(client)
        while left and len(running) < AHEAD * max(1, threads):
            if (task := next(source, None)) is None:
                left = False
                break
            running[client.submit(function, task[1], pure=False, retries=1)] = task
        tick(min(len(running), threads))
        for future in _completed(client, list(running)):
            try:
                outcome = future.exception() or future.result()
            except CancelledError:
                continue  # forgotten, just now
            name, _ = running.pop(future)
            yield name, outcome
            future.release()
        if forgotten := [future for future in running if future.status in FORGOTTEN]:
            losses += 1
            if losses > LOSSES:
                raise _lost(client)
            source, left = chain([running.pop(future) for future in forgotten], source), True


def _threads(client: Client) -> int:
    """So many tasks can run at once."""
    try:
        return sum(client.nthreads().values())
    except (OSError, CommClosedError) as problem:
        raise _lost(client) from problem


def _completed(client: Client, futures: list) -> list:
    """Those that have completed within ``LOOK_SECONDS``."""
    if not futures:
        return []
    with suppress(TimeoutError, CancelledError, CommClosedError):
        wait(futures, timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED")
    if client.status != "running":
        _wait_for_scheduler(client)
    return [future for future in futures if future.status in ("finished", "error")]


def _wait_for_scheduler(client: Client) -> None:
    until = time.monotonic() + GONE_SECONDS
    while client.status != "running":
        if time.monotonic() > until:
            raise _lost(client)
        time.sleep(0.1)


def _lost(client: Client) -> ClusterError:
    return ClusterError(
        f"the scheduler at {client.scheduler and client.scheduler.address} was lost.",
        do="start it again and repeat the command; what is done is kept",
    )
