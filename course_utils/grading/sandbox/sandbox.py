"""A running sandbox: started, watched, and ended with everything inside."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from course_utils.errors import EnvironmentProblem
from course_utils.grading.sandbox.bubblewrap import IN_MEMORY, command, environment
from course_utils.grading.sandbox.inside import Start
from course_utils.grading.sandbox.limits import Limits

ELSEWHERE = "or grade in a container, see docs/sandbox.md; only code that you would run yourself: --unsafe"
INSTALL = f"install bubblewrap (apt install bubblewrap; dnf install bubblewrap), {ELSEWHERE}"
ALLOW = (
    "allow bwrap its namespaces (Ubuntu 24.04: an AppArmor profile for it, or "
    f"sysctl kernel.apparmor_restrict_unprivileged_userns=0), {ELSEWHERE}"
)
# When the grader is root, a submission gets a user from those that systemd keeps for such a use and no
# account has (https://systemd.io/UIDS-GIDS); different ones, because processes are counted by user.
FIRST_UID, UIDS = 61184, 4336
# Out of memory, Linux ends a submission before anything else; inside nothing can be written there.
OUT_OF_MEMORY, GOES_FIRST = "/proc/self/oom_score_adj", "1000"
FIRST_TO_GO = ("/bin/sh", "-c", f'{{ echo {GOES_FIRST} > {OUT_OF_MEMORY}; }} 2> /dev/null; exec "$0" "$@"')
# Says when everything is mounted, and becomes the command.
WHEN_READY = ("/bin/sh", "-c", 'echo ready && exec "$@"', "sh")
NOTHING = ("sleep", "infinity")
# Anonymous and shared pages, in kB: by process, and by its share of those that several have.
RESIDENT = (b"RssAnon:", b"RssShmem:", b"Pss_Anon:", b"Pss_Shmem:")
LOOK_SECONDS = 0.1  # how often the limits are looked at
END_SECONDS = 5  # at most, for processes to give their memory back
# Done inside by `require_sandbox`: what a kernel does before it listens.
TRIAL = """
import sys
from course_utils.grading.sandbox.inside import Start, confine
confine(Start.from_json(sys.stdin.buffer.read()))
import ipykernel
print("all well")
"""


def require_sandbox() -> None:
    """Start Python in a sandbox, to know that submissions can be graded safely here.

    Raises:
        EnvironmentProblem: if there is no bubblewrap or it cannot work; it says what to do.
    """
    with Sandbox(Limits(), [sys.executable, "-P", "-c", TRIAL]) as trial:
        trial.give(Start({}, trial.limits, trial.uid).to_json())
        said = trial.said()
    if said != "all well\n":
        raise EnvironmentProblem(
            "A sandbox starts, but Python does not work in it.",
            found=said.strip().rpartition("\n")[2] or "no message",
            do=f"install Python and this course where every user may read them, {ELSEWHERE}",
        )


class Sandbox:
    """A running sandbox; when it ends nothing inside survives.

    It also ends with the thread that made it, whatever becomes of that.

    Args:
        limits: above ``memory_bytes`` or after ``notebook_seconds`` the sandbox is ended.
        inner: the command inside, whose end is the sandbox's; by default one that does nothing.
        descriptors: open files that the command inherits.

    Attributes:
        pid: the first process inside, by its number outside.
        uid: the user that student code must become; None if the grader is an ordinary user already.
        why: which limit ended it, in words; empty if none did.

    Raises:
        EnvironmentProblem: if no sandbox can be had; it says what to do.
    """

    def __init__(
        self, limits: Limits, inner: Sequence[str] = NOTHING, descriptors: Sequence[int] = ()
    ) -> None:
        self.limits, self.why = limits, ""
        self._bwrap, self.pid, self._first = _start(limits, [*WHEN_READY, *inner], descriptors)
        assert self._bwrap.stdin is not None and self._bwrap.stdout is not None  # it was started with pipes
        self._stdin, self._stdout = self._bwrap.stdin, self._bwrap.stdout
        self._ended, self._ending = threading.Event(), threading.Lock()
        self.uid = FIRST_UID + self.pid % UIDS if os.geteuid() == 0 else None
        self._folders: list[int] = []  # those in memory, as descriptors that nobody can turn elsewhere
        try:
            self._wait_until_ready()
            self._folders += [os.open(self.outside(path), os.O_PATH) for path in IN_MEMORY]
        except BaseException:
            self.end()
            raise
        threading.Thread(target=self._watch, name="limits of a sandbox", daemon=True).start()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def ended(self) -> bool:
        """Whether it was ended: by a limit, or by who made it."""
        return self._ended.is_set()

    def is_running(self) -> bool:
        """Whether its command still runs."""
        return self._bwrap.poll() is None

    def give(self, text: bytes) -> None:
        """Write this to the command's stdin, and close it."""
        try:
            self._stdin.write(text)
            self._stdin.close()
        except BrokenPipeError:  # it has ended, as those who wait for it will see
            pass

    def outside(self, path: str) -> Path:
        """Where a path of the sandbox lies for those outside."""
        return Path(f"/proc/{self.pid}/root", path.lstrip("/"))

    def memory_bytes(self) -> int:
        """Resident memory of all processes inside, without the files they map, and their files in memory.

        What they share counts once, unless they forbid to look, or all of it is within the limit anyway.
        """
        files = sum(map(_bytes_in, self._folders))
        try:
            processes = list(self.outside("/proc").glob("[0-9]*"))
        except OSError:  # it has just ended
            return 0
        most = files + sum(_resident_bytes(process, "status") for process in processes)
        if most <= self.limits.memory_bytes:
            return most
        return files + sum(_resident_bytes(process, "smaps_rollup", "status") for process in processes)

    def said(self) -> str:
        """Everything its command prints from now on to its end."""
        return self._stdout.read().decode(errors="replace")

    def end(self, why: str = "") -> None:
        """End every process inside, and wait until none is left; nothing happens if it has ended before."""
        with self._ending:
            if self._ended.is_set():
                return
            self.why = why
            self._ended.set()
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)  # and Linux ends all others
            select.select([self._first], [], [], END_SECONDS)
            for descriptor in (self._first, *self._folders):
                os.close(descriptor)
            self._bwrap.kill()
            self._bwrap.wait()
            self._stdout.close()
            with contextlib.suppress(BrokenPipeError):
                self._stdin.close()

    def _wait_until_ready(self) -> None:
        said = self._stdout.readline()
        if said != b"ready\n":
            raise _no_sandbox(said)

    def _watch(self) -> None:
        """Runs in a thread of its own; a sandbox that cannot be watched is ended."""
        try:
            self._end_at_a_limit()
        except Exception as problem:
            self.end(f"its limits could not be looked at ({type(problem).__name__})")

    def _end_at_a_limit(self) -> None:
        deadline = time.monotonic() + self.limits.notebook_seconds
        while not self._ended.wait(LOOK_SECONDS) and self.is_running():
            if self.memory_bytes() > self.limits.memory_bytes:
                self.end(f"more than {self.limits.memory_bytes / 2**20:.0f} MB of memory were used")
            elif time.monotonic() > deadline:
                self.end(f"the notebook ran longer than {self.limits.notebook_seconds} s")


def _bytes_in(folder: int) -> int:
    """What the files in a file system of its own use; 0 if it has just ended."""
    try:
        of = os.fstatvfs(folder)
    except OSError:
        return 0
    return (of.f_blocks - of.f_bfree) * of.f_frsize


def _resident_bytes(process: Path, *reports: str) -> int:
    """By the first of these files in /proc that can be read; 0 if the process has just ended.

    A process names itself as it likes, in any bytes but that which ends a line (proc(5), ``Name``).
    """
    for report in reports:
        try:
            lines = (process / report).read_bytes().split(b"\n")
        except OSError:
            continue
        return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(RESIDENT))
    return 0


def _start(limits: Limits, inner: list[str], descriptors: Sequence[int]) -> tuple[subprocess.Popen, int, int]:
    """bubblewrap, and the first process inside: its number and a file descriptor for it."""
    program = shutil.which("bwrap")
    if program is None:
        raise EnvironmentProblem("Submissions run in a sandbox, and bubblewrap is missing.", do=INSTALL)
    read_end, write_end = os.pipe()
    # Student code can read bubblewrap's environment and use its open files: none is the grader's own.
    line = command(limits, inner, "--info-fd", str(write_end))
    bwrap = subprocess.Popen(
        [*FIRST_TO_GO, program, *line[1:]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(),
        cwd="/",
        pass_fds=[write_end, *descriptors],
        start_new_session=True,
    )
    os.close(write_end)
    with open(read_end, "rb") as info:
        told = info.read()
    try:
        first = json.loads(told)["child-pid"]
        return bwrap, first, os.pidfd_open(first)
    except (ValueError, ProcessLookupError):
        said, _ = bwrap.communicate()
        raise _no_sandbox(said) from None


def _no_sandbox(said: bytes) -> EnvironmentProblem:
    return EnvironmentProblem(
        "bubblewrap is there and cannot start a sandbox.",
        found=said.decode(errors="replace").strip() or "no message",
        do=ALLOW,
    )
