"""Kernels for nbgrader's Execute, each in a sandbox of its own: warm, fresh, or none at all."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import select
import shutil
import stat
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, cast

from jupyter_client import AsyncKernelManager
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import KernelProvisionerBase, LocalProvisioner

from course_utils.errors import EnvironmentProblem
from course_utils.grading.sandbox.doors import CHANNELS, Doors
from course_utils.grading.sandbox.inside import RUN, WORK, Start
from course_utils.grading.sandbox.limits import Limits
from course_utils.grading.sandbox.sandbox import Sandbox
from course_utils.grading.sandbox.warm import Connection, WarmServer

FRESH = [sys.executable, "-P", "-m", "course_utils.grading.sandbox.inside"]
NAMELESS = f"{RUN}/nowhere"  # ipykernel wants a path, and makes nothing there
POLL_SECONDS = 0.02
SERVER = "COURSE_WARM_KERNELS"  # environment variable: the address of a server for several processes


def open_kernels(limits: Limits, *, unsafe: bool = False, warm: bool = True) -> type[AsyncKernelManager]:
    """What ``Execute(kernel_manager_class=...)`` needs so that each notebook gets a kernel of its own.

    A sandboxed kernel starts in an empty folder, into which the files of ``cwd`` are copied (nbclient
    gives the folder of the notebook), notebooks and links left out. Its manager's ``why`` says which
    limit ended it, if one did.

    Args:
        limits: enforced here are memory, processes, files and the time of the whole notebook; the time
            and the output of a cell are for those who run it.
        unsafe: no sandbox and no limits; only a home folder of its own.
        warm: fork the kernel from a server that has everything imported, see :func:`warm_kernels`.
            Otherwise each kernel is a new Python.

    Raises (at the start of a kernel):
        EnvironmentProblem: if no sandbox can be had; see ``sandbox.require_sandbox``.
    """
    kind, most = PrivateKernel if unsafe else WarmKernel if warm else FreshKernel, limits

    class Kernels(GradingKernelManager):
        kernel_class, limits = kind, most

    return Kernels


class GradingKernelManager(AsyncKernelManager):
    """A kernel manager that starts one kind of kernel, whatever the notebook asks for."""

    kernel_class: type[KernelProvisionerBase]
    limits: Limits

    @property
    def kernel_spec(self) -> KernelSpec:
        """No installed one: a submission may name any, or none."""
        return KernelSpec(
            argv=[sys.executable, "-P", "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            interrupt_mode="message",
        )

    @property
    def why(self) -> str:
        """Which limit ended the kernel, in words; empty if none did."""
        return getattr(self.provisioner, "why", "")

    def write_connection_file(self, **_: Any) -> None:
        """Not needed: a sandboxed kernel is told, and nobody else is to connect."""
        if self.kernel_class is PrivateKernel:
            super().write_connection_file()

    async def _async_pre_start_kernel(self, **kw: Any) -> tuple[list[str], dict[str, Any]]:
        self.provisioner = self.provisioner or self.kernel_class(
            kernel_id=self.kernel_id, kernel_spec=self.kernel_spec, parent=self
        )
        return await super()._async_pre_start_kernel(**kw)


class FreshKernel(KernelProvisionerBase):
    """A new Python in a sandbox."""

    sandbox: Sandbox | None = None
    doors: Doors | None = None

    @property
    def has_process(self) -> bool:
        """Whether there is a sandbox, perhaps with a dead kernel."""
        return self.sandbox is not None and not self.sandbox.ended

    @property
    def why(self) -> str:
        """Which limit ended the kernel, in words; empty if none did."""
        return self.sandbox.why if self.sandbox else ""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """The arguments of :meth:`launch_kernel`; there is no command line."""
        return {"cmd": [], "cwd": kwargs.get("cwd")}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start a sandbox and a kernel in it; returns how to connect."""
        try:
            return self._launch(kwargs["cwd"])
        except BaseException:
            await self.cleanup()
            raise

    def _launch(self, cwd: str | None) -> KernelConnectionInfo:
        manager = self.parent
        assert isinstance(manager, GradingKernelManager)
        self.doors = doors = Doors()
        self.sandbox = sandbox = self._open_sandbox(manager.limits, doors)
        if cwd:
            bring_files(Path(cwd), sandbox.outside(WORK))
        connection = {f"{name}_port": number for number, name in enumerate((*CHANNELS, "hb"), 1)} | {
            "transport": "ipc",
            "ip": NAMELESS,
            "key": manager.session.key.decode(),
            "signature_scheme": manager.session.signature_scheme,
        }
        self._start_kernel(sandbox, Start(connection, manager.limits, sandbox.uid, tuple(doors.descriptors)))
        doors.hand_over()
        outside = connection | {"ip": doors.path, "key": manager.session.key}
        self.connection_info = cast(KernelConnectionInfo, outside)
        return self.connection_info

    async def poll(self) -> int | None:
        """None as long as the kernel lives."""
        sandbox = self.sandbox
        return None if sandbox and not sandbox.ended and self._lives(sandbox) else 1

    async def wait(self) -> int | None:
        """Wait until the kernel has ended."""
        while await self.poll() is None:
            await asyncio.sleep(POLL_SECONDS)
        await self.cleanup()
        return 1

    async def send_signal(self, signum: int) -> None:
        """Does nothing: a kernel is interrupted by a message, and ended with its sandbox."""

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and everything it has started."""
        await self.cleanup()

    async def terminate(self, restart: bool = False) -> None:
        """End the kernel and everything it has started."""
        await self.cleanup()

    async def cleanup(self, restart: bool = False) -> None:
        """End everything; nothing is left, for all of it was in the sandbox."""
        if self.sandbox:
            self.sandbox.end()
        if self.doors:
            self.doors.remove()

    def _open_sandbox(self, limits: Limits, doors: Doors) -> Sandbox:
        return Sandbox(limits, FRESH, doors.descriptors)

    def _start_kernel(self, sandbox: Sandbox, start: Start) -> None:
        sandbox.give(start.to_json())

    def _lives(self, sandbox: Sandbox) -> bool:
        return sandbox.is_running()


class WarmKernel(FreshKernel):
    """A kernel in a sandbox that has everything imported."""

    _end: int | None = None

    async def cleanup(self, restart: bool = False) -> None:
        """End everything; nothing is left, for all of it was in the sandbox."""
        await super().cleanup(restart)
        if self._end is not None:
            os.close(self._end)
            self._end = None

    def _open_sandbox(self, limits: Limits, doors: Doors) -> Sandbox:
        self._server = warm_kernels()  # first: its start is not of the submission's time
        return Sandbox(limits)

    def _start_kernel(self, sandbox: Sandbox, start: Start) -> None:
        self._end = self._server.start_kernel(sandbox, start)

    def _lives(self, sandbox: Sandbox) -> bool:
        if self._end is None or not sandbox.is_running():
            return False
        return not select.select([self._end], [], [], 0)[0]


class PrivateKernel(LocalProvisioner):
    """A plain kernel: no sandbox, a home folder of its own."""

    why = ""
    _home: str | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """The arguments of :meth:`launch_kernel`."""
        self._home = tempfile.mkdtemp(prefix="course-grade-")
        assert self.parent is not None  # see GradingKernelManager
        self.parent.connection_file = str(Path(self._home, "kernel.json"))
        env = os.environ | {"HOME": self._home, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
        env.setdefault("NBGRADER_EXECUTION", "autograde")
        return await super().pre_launch(env=env, **kwargs)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the home folder."""
        await super().cleanup(restart)
        if self._home:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None


def bring_files(source: Path, work: Path) -> None:
    """Copy what was submitted beside a notebook: no notebooks, they hold hidden tests, and no links.

    What does not fit into the sandbox stays away.
    """
    for folder, folders, files in os.walk(source):
        folders[:] = [name for name in folders if not name.startswith(".")]
        target = work / Path(folder).relative_to(source)
        try:
            target.mkdir(exist_ok=True)
            target.chmod(0o1777)
            for file in (Path(folder, name) for name in files):
                if stat.S_ISREG(file.lstat().st_mode) and file.suffix != ".ipynb":
                    shutil.copyfile(file, target / file.name, follow_symlinks=False)
        except OSError:
            return


_server: WarmServer | None = None
_connection: Connection | None = None
_lock = threading.RLock()


def warm_server() -> WarmServer:
    """The server of this process: started when first asked for, and again if it has died.

    It takes seconds until it is ready; who connects to it waits for that.
    """
    global _server
    with _lock:
        if _server is None or not _server.is_running():
            _server = WarmServer()
            atexit.register(_server.close)
        return _server


def warm_kernels() -> Connection:
    """Where this process gets warm kernels from: the server at ``SERVER``, or else one of its own.

    Raises:
        EnvironmentProblem: if none starts; with what it said.
    """
    global _connection
    with _lock:
        if _connection is None or not _connection.is_open():
            _connection = _connect()
            atexit.register(_connection.close)
        return _connection


def _connect() -> Connection:
    if address := os.environ.get(SERVER):
        with contextlib.suppress(EnvironmentProblem):  # it has died
            return Connection(address)
    return Connection(warm_server().address)
