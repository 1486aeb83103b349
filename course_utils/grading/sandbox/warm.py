"""Warm kernels: a server has everything imported, and forks a kernel of its own into each sandbox."""

from __future__ import annotations

import contextlib
import gc
import importlib
import inspect
import json
import os
import pkgutil
import select
import shutil
import signal
import socket
import subprocess
import sys
import traceback
from dataclasses import replace
from pathlib import Path

import course_utils
from course_utils.errors import EnvironmentProblem
from course_utils.grading.sandbox.bubblewrap import cache_home, environment
from course_utils.grading.sandbox.doors import CHANNELS, private_folder
from course_utils.grading.sandbox.inside import Start, call, run_kernel
from course_utils.grading.sandbox.sandbox import GOES_FIRST, OUT_OF_MEMORY, Sandbox

# What a kernel and the notebooks import, some of it only when first used (torch._dynamo: an optimizer).
OTHERS = (
    "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect",
    "IPython.extensions.storemagic", "course_utils.grading.sandbox.listening", "ipykernel.debugger",
    "ipykernel.zmqshell", "ipywidgets", "matplotlib.pyplot", "numpy",
    "pygments.formatters.terminal256", "sqlite3", "stack_data", "timm", "torch", "torch._dynamo",
    "torch.utils.flop_counter", "torchvision", "tornado.platform.asyncio", "tornado.queues",
)  # fmt: skip
NOT_FOR_STUDENTS = {"authoring", "cli", "doctor", "grading"}
# From linux/sched.h.
NAMESPACES = {
    "user": 0x10000000, "mnt": 0x00020000, "pid": 0x20000000, "net": 0x40000000,
    "ipc": 0x08000000, "uts": 0x04000000, "cgroup": 0x02000000,
}  # fmt: skip
NEEDED = {"mnt", "pid", "net", "ipc", "uts"}
LONGEST_MESSAGE = 65536
SAID = ".said"  # what the server prints, in a file beside its socket


class WarmServer:
    """The server's process, as its owner sees it; it ends with the owner.

    Attributes:
        address: where others on this machine, of the same user, can :class:`connect <Connection>`. They
            may do so from the start, and then wait until everything is imported.
    """

    def __init__(self) -> None:
        self.address = f"{private_folder('course-warm-')}/kernels"
        theirs, self._lifeline = os.pipe()
        with (
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door,
            open(f"{self.address}{SAID}", "wb") as said,
        ):
            door.bind(self.address)
            door.listen()
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "course_utils.grading.sandbox.warm",
                    str(door.fileno()),
                    str(theirs),
                ],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=environment() | {"XDG_CACHE_HOME": str(cache_home())},  # matplotlib's list of fonts
                cwd="/",
                pass_fds=[door.fileno(), theirs],
                start_new_session=True,
            )
        os.close(theirs)

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def is_running(self) -> bool:
        """Whether it can be asked for kernels, perhaps a little later."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the server, even while it still imports; kernels that live go on."""
        os.close(self._lifeline)
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(Path(self.address).parent, ignore_errors=True)


class Connection:
    """To a server of warm kernels.

    Raises:
        EnvironmentProblem: if there is none, or it did not start; with what it said.
    """

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._socket.connect(address)
            there = self._socket.recv(1)
        except OSError:
            there = b""
        if not there:
            self._socket.close()
            said = Path(f"{address}{SAID}")
            found = said.read_text(errors="replace") if said.exists() else f"nobody at {address}"
            raise EnvironmentProblem("The server of warm kernels did not start.", found=found)

    def is_open(self) -> bool:
        """Whether the server still listens."""
        try:
            return self._socket.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def start_kernel(self, sandbox: Sandbox, start: Start) -> int:
        """Start a kernel in a sandbox.

        Returns:
            The reading end of a pipe, which tells how the kernel ended once it has.
        """
        read_end, write_end = os.pipe()
        os.set_blocking(read_end, False)
        request = json.dumps([sandbox.pid, environment(), start.to_json().decode()])
        socket.send_fds(self._socket, [request.encode()], [write_end, *start.listeners])
        os.close(write_end)
        return read_end

    def close(self) -> None:
        """Let go of the server; kernels that live go on."""
        self._socket.close()


def serve(door: socket.socket, lifeline: int) -> None:
    """Import everything, then fork a kernel for each request, until the owner has ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = Path(door.getsockname()).parent
    os.environ["HOME"] = str(folder)  # a grader's settings change no student's figure
    _import_everything()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # so that the children's ends are forgotten
    open_ones = {door}
    while True:
        awaited: list[int | socket.socket] = [lifeline, *open_ones]
        ready, _, _ = select.select(awaited, [], [])
        if lifeline in ready:
            shutil.rmtree(folder, ignore_errors=True)
            return
        for one in open_ones.intersection(ready):
            if one is door:
                open_ones.add(_welcome(door))
            elif not _serve_one(one, open_ones):
                open_ones.remove(one)
                one.close()


def _welcome(door: socket.socket) -> socket.socket:
    """The connection of somebody new, who is told that everything is imported."""
    connection, _ = door.accept()
    with contextlib.suppress(OSError):  # gone meanwhile
        connection.send(b"!")
    return connection


def _serve_one(connection: socket.socket, open_ones: set[socket.socket]) -> bool:
    """Fork a kernel as somebody asks for; False if they have gone."""
    try:
        request, descriptors, _, _ = socket.recv_fds(connection, LONGEST_MESSAGE, 1 + len(CHANNELS))
    except OSError:
        return False
    if not request:
        return False
    if os.fork() == 0:
        for other in open_ones:
            other.close()
        _keep_a_kernel(request, *descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    return True


def _import_everything() -> None:
    for name in OTHERS:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(course_utils.__path__, "course_utils."):
        if module.name.split(".")[1] not in NOT_FOR_STUDENTS:
            importlib.import_module(module.name)
    _use_torch_once()
    inspect.getmodule(compile("", "<cell>", "exec"))  # lists all modules by file, for the first traceback
    if len(os.listdir("/proc/self/task")) > 1:
        raise RuntimeError("an import has started a thread, which a fork would lose")
    gc.collect()
    gc.freeze()  # memory that the collector does not touch stays shared


def _use_torch_once() -> None:
    """Read the weights and train for a step: what is kept or generated at first use, forks inherit."""
    import torch
    import torch.nn.functional as F

    from course_utils.checks.finetune import tiny
    from course_utils.models.weights import SMALL, find_weights

    for arch in SMALL:
        find_weights("small", arch)

    x, y = tiny.images(8)
    for model in (tiny.gated_net(), tiny.small_resnet()):
        optimizer = torch.optim.AdamW(model.parameters())
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def _keep_a_kernel(request: bytes, pipe: int, *listeners: int) -> None:
    """Fork a kernel into its sandbox, wait for its end and tell it: all that this process is for.

    It lives between the two: in the sandbox's namespaces, but not among its processes.
    """
    said = ""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with contextlib.suppress(OSError):  # where that is forbidden
            Path(OUT_OF_MEMORY).write_text(GOES_FIRST)
        pid, variables, start = json.loads(request)
        _join(pid)
        kernel = os.fork()
        if kernel == 0:
            _become_a_kernel(variables, replace(Start.from_json(start), listeners=listeners))
        for listener in listeners:
            os.close(listener)
        said = str(os.waitstatus_to_exitcode(os.waitpid(kernel, 0)[1]))
    except BaseException:
        said = traceback.format_exc()
    finally:
        with contextlib.suppress(BrokenPipeError):  # who made the sandbox has ended it, and knows
            os.write(pipe, said.encode())
        os._exit(0)


def _join(pid: int) -> None:
    """Enter the namespaces of a process; only children born after it are in its one of processes."""
    apart = {n for n in NAMESPACES if os.stat(f"/proc/{pid}/ns/{n}") != os.stat(f"/proc/self/ns/{n}")}
    if not apart >= NEEDED:
        raise RuntimeError(f"the sandbox shares {sorted(NEEDED - apart)} with the server")
    process = os.pidfd_open(pid)
    call("setns", process, sum(NAMESPACES[name] for name in apart))
    os.close(process)


def _become_a_kernel(variables: dict[str, str], start: Start) -> None:
    try:
        os.environ.clear()
        os.environ.update(variables)
        _draw_new_seeds()
        run_kernel(start)
        os._exit(0)
    finally:
        os._exit(1)


def _draw_new_seeds() -> None:
    """As in a fresh interpreter; otherwise all kernels would draw the same. ``random`` does it itself."""
    import numpy as np
    import torch

    np.random.seed()
    torch.seed()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
