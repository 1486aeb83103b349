"""Inside a sandbox, before a student's code: rights are given up, limits set, a kernel started."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from course_utils.grading.sandbox.doors import keep_open_only
from course_utils.grading.sandbox.limits import Limits
from course_utils.grading.sandbox.seccomp import filter_calls

HOME = "/home/student"
WORK = f"{HOME}/work"
RUN = "/run"  # the kernel's connection file
FILES_OPEN = 1024
# From linux/prctl.h and linux/capability.h.
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 24, 38
CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class Start:
    """What a kernel in a sandbox needs to know.

    Attributes:
        connection: Jupyter's connection information, but for its sockets' names.
        limits: what the submission may use.
        uid: the user (and group) to become; None to stay who it is, which only an unprivileged user may.
        listeners: descriptors of the sockets at which it is reached, see
            :mod:`~course_utils.grading.sandbox.doors`.
    """

    connection: dict[str, object]
    limits: Limits
    uid: int | None
    listeners: tuple[int, ...] = ()

    def to_json(self) -> bytes:
        """As one line for the process that starts the kernel."""
        return json.dumps(vars(self) | {"limits": vars(self.limits)}).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Start:
        """The reverse of :meth:`to_json`."""
        values = json.loads(text)
        return cls(
            values["connection"], Limits(**values["limits"]), values["uid"], tuple(values["listeners"])
        )


def run_kernel(start: Start) -> None:
    """Turn this process into the kernel of a submission; returns when the kernel has ended."""
    _leave_the_terminal(start.listeners)
    os.chdir(WORK)
    confine(start)
    connection_file = Path(RUN, "kernel.json")
    connection_file.write_text(json.dumps(start.connection), encoding="utf-8")
    sys.path.append(WORK)  # last: a submitted module can be imported but shadows nothing

    from course_utils.grading.sandbox.listening import ListeningKernelApp

    app = ListeningKernelApp.instance(listeners=list(start.listeners))
    app.initialize(
        [
            f"--IPKernelApp.connection_file={connection_file}",
            "--IPKernelApp.ignore_cwd=True",
            "--HistoryManager.hist_file=:memory:",
        ]
    )
    app.start()


def confine(start: Start) -> None:
    """Take on the limits and give up every right; nothing that runs later gets one back.

    Raises:
        OSError: if a right could not be given up or a limit not be set.
    """
    import resource  # not on Windows, where kernels without a sandbox still work

    limits = start.limits
    for kind, most in (
        (resource.RLIMIT_NPROC, limits.processes),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_NOFILE, FILES_OPEN),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    _empty_the_bounding_set()
    if start.uid is not None:
        os.setgroups([])
        os.setresgid(start.uid, start.uid, start.uid)
        os.setresuid(start.uid, start.uid, start.uid)
    _drop_capabilities()
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    call("prctl", PR_SET_DUMPABLE, 1, 0, 0, 0)  # lets its memory be measured, as any program's
    _insist_on_no_rights()
    filter_calls()


def _leave_the_terminal(listeners: tuple[int, ...]) -> None:
    """A session of its own, and nothing to read or write but the sandbox's /dev/null and these sockets."""
    if os.getsid(0) != os.getpid():
        os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    keep_open_only(list(listeners))


def _empty_the_bounding_set() -> None:
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    for capability in range(last + 1):
        try:
            call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
        except PermissionError:  # bubblewrap has emptied it already, and taken the right to change it
            return


def _drop_capabilities() -> None:
    """Empty the effective, permitted and inheritable sets, and with them the ambient one."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    call("capset", header, (ctypes.c_uint32 * 6)())


def _insist_on_no_rights() -> None:
    status = dict(line.split(":\t") for line in Path("/proc/self/status").read_text().splitlines())
    capabilities = {name: text for name, text in status.items() if name.startswith("Cap")}
    if 0 in os.getresuid() or any(int(text, 16) for text in capabilities.values()):
        raise PermissionError(f"a submission must not run as {os.getresuid()} with {capabilities}")


def call(function: str, *arguments: object) -> None:
    """Call a function of the C library that gives 0 if all went well.

    Raises:
        OSError: if it gives anything else.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


if __name__ == "__main__":
    run_kernel(Start.from_json(sys.stdin.buffer.read()))
