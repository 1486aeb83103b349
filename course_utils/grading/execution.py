"""Runs one notebook with nbgrader's Execute: time is limited, output is cut, a dead kernel is not the end."""

from __future__ import annotations

import contextlib
import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty
from typing import Any

import zmq.asyncio
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import KernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_locked
from traitlets import default
from traitlets.config import Config

from course_utils import values
from course_utils.grading.guard.guard import Guard, is_guarded
from course_utils.grading.inert import inert_outputs, whole_number
from course_utils.grading.sandbox.limits import MIB, Limits
from course_utils.tables import one_line

# In a notebook both would end the kernel some time behind their cell. (A plain assignment to them would be
# taken for a call of IPython's.)
NO_EXIT = "globals().update(dict.fromkeys(('exit', 'quit'), lambda *_: None))"
IDLE_KERNEL_ANSWERS_IN = 5  # seconds
RESTARTS = 3  # a notebook whose kernel dies more often is left to a person
LARGEST_MESSAGE = 32 * MIB  # from a kernel; a larger one cuts its connection
RECONNECT_MS = 100  # before a lost connection is made anew, ten times as long where nobody answers
ROUGHLY_A_MESSAGE = 200  # bytes that an output costs beside its text
CANARY = "canary"  # its name among the expressions of a request
LONGEST_RESULT, LONGEST_TRACEBACK = 10_000, 50_000  # characters


@dataclass(frozen=True)
class Failure:
    """Why a cell did not run to its end.

    Attributes:
        where: the position of the cell that caused it.
        why: in words that quote nothing.
        own: whether the cell itself was the cause, so that its zero is deserved.
    """

    where: int
    why: str
    own: bool


@dataclass
class Execution:
    """An executed notebook.

    Attributes:
        notebook: with plain data alone in its outputs, see :mod:`course_utils.grading.inert`.
        failures: by a cell's position.
        flags: by a cell's ``grade_id``.
        notes: what its outputs held that is not shown.
    """

    notebook: NotebookNode
    failures: dict[int, Failure] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)


def execute(
    notebook: NotebookNode,
    new_kernel: Callable[[], KernelManager],
    limits: Limits,
    config: Config | None = None,
    guard: Guard | None = None,
    folder: str = "",
) -> Execution:
    """Run all cells; whatever the student's code does ends in the outputs, failures and flags.

    Args:
        notebook: as nbgrader's sanitising preprocessors leave it; it is not changed.
        new_kernel: makes a kernel manager that has not been started.
        config: nbgrader's.
        guard: of this submission; None trusts the notebook.
        folder: where the notebook lies, with what was handed in beside it.

    Raises:
        RuntimeError: if no kernel can be started.
    """
    ran, done = copy.deepcopy(notebook), copy.deepcopy(notebook)
    guarded = [i for i, cell in enumerate(ran.cells) if guard and is_guarded(cell)]
    for index in guarded:
        ran.cells[index].source = guard.source(ran.cells[index])
    runner = _Execute(new_kernel, limits, guard, guarded, config=config or Config())
    began = time.monotonic()
    runner.preprocess(ran, {"metadata": {"path": folder}})
    flags = {}
    for index in guarded:
        if why := guard.judge(ran.cells[index], runner.answers.get(index)):
            flags[ran.cells[index].metadata.nbgrader.grade_id] = why
    left_out = set()
    for cell, copied in zip(ran.cells, done.cells):
        if cell.cell_type == "code":
            copied.outputs, missed = inert_outputs(cell.outputs) if guard else (cell.outputs, set())
            copied.execution_count = whole_number(cell.execution_count)
            left_out |= missed
    notes = (
        [one_line(f"not shown among outputs: {', '.join(sorted(map(str, left_out)))}")] if left_out else []
    )
    return Execution(done, runner.failures, flags, time.monotonic() - began, notes)


class _Client(AsyncKernelClient):
    """A kernel's client that takes no message larger than LARGEST_MESSAGE.

    Attributes:
        canary: an expression that the kernel evaluates behind a cell that did not fail; empty for none.
    """

    canary = ""

    def start_channels(self, *args: Any, **kwargs: Any) -> None:
        """As in jupyter_client, without a heartbeat: whether the kernel lives is seen by its process."""
        super().start_channels(*args, **kwargs | {"hb": False})

    def execute(self, code: str, **settings: Any) -> Any:
        """As in jupyter_client, and ask for the canary."""
        expressions = {CANARY: self.canary} if self.canary else {}
        return super().execute(code, user_expressions=expressions, **settings)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """As in jupyter_client, without its 0.2 s of listening whether the kernel says anything else."""
        until = time.monotonic() + (timeout or math.inf)
        while time.monotonic() < until and await self._async_is_alive():
            self.kernel_info()
            with contextlib.suppress(Empty):
                await self.shell_channel.get_msg(timeout=1)
                await self.iopub_channel.get_msg(timeout=0.2)  # it may connect later than the other one
                return
        raise RuntimeError("the kernel died, or did not answer in time, before its first cell")

    @default("context")
    def _limited_context(self) -> zmq.asyncio.Context:
        self._created_context = True
        context = zmq.asyncio.Context()
        context.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        context.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
        context.setsockopt(zmq.RECONNECT_IVL_MAX, 10 * RECONNECT_MS)
        return context


class _Execute(Execute):
    """nbgrader's own preprocessor, which goes on in a new kernel where it would give up."""

    store_widget_state = False

    def __init__(
        self,
        new_kernel: Callable[[], KernelManager],
        limits: Limits,
        guard: Guard | None,
        guarded: Sequence[int],
        **settings,
    ):
        super().__init__(**settings)
        self.new_kernel, self.limits, self.guard, self.guarded = new_kernel, limits, guard, guarded
        self.timeout_func = lambda cell: max(0.1, min(limits.cell_seconds, self._time_left()))
        self.failures: dict[int, Failure] = {}
        self.answers: dict[int, object] = {}
        self.killers: set[int] = set()
        self.restarts = 0
        self.given_up = ""
        self.room, self.room_for_values = limits.output_bytes, LARGEST_MESSAGE
        self.began: float | None = None

    def create_kernel_manager(self) -> KernelManager:
        self.km = self.new_kernel()
        self.km.client_factory = _Client
        return self.km

    async def _async_start_new_kernel_client(self) -> AsyncKernelClient:
        client = await self.async_start_new_kernel_client()
        await client.execute(NO_EXIT, silent=True, reply=True, timeout=self.startup_timeout)
        return client

    start_new_kernel_client = run_sync(_async_start_new_kernel_client)

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int):
        self.began = self.began or time.monotonic()
        if cell.cell_type != "code" or not cell.source.strip():
            return cell, resources
        if self._time_left() <= 0 and not self.given_up:
            self._give_up(f"the {self._all_seconds()} were used up", index)
        if self.given_up:
            self._fail(cell, index, Failure(self.stopped_at, self.given_up, own=False))
        else:
            self._run(cell, index, self.guard.canary if index in self.guarded else "")
            if index in self.guarded and index not in self.answers and not self.given_up:
                self._forget_its_test(cell, index)
        return cell, resources

    def _forget_its_test(self, cell: NotebookNode, index: int) -> None:
        """Behind a cell that failed, whose canary did not run."""
        self._run(NotebookNode(cell, source="pass"), index, self.guard.forgetting)
        self.nb.cells[index] = cell  # nbclient puts there what it has run
        self.answers[index] = None

    def on_cell_executed(self, cell: NotebookNode, cell_index: int, execute_reply: dict) -> None:
        """nbclient's hook: keep what was said to the canary."""
        super().on_cell_executed(cell=cell, cell_index=cell_index, execute_reply=execute_reply)
        expressions = execute_reply["content"].get("user_expressions")
        if isinstance(expressions, dict) and CANARY in expressions:
            self.answers[cell_index] = expressions[CANARY]

    def _run(self, cell: NotebookNode, index: int, canary: str) -> None:
        """Run a cell; if it kills the kernel or cannot be stopped, go on in a new one."""
        limit = self._get_timeout(cell)
        shortened = limit < self.limits.cell_seconds  # by the end of the notebook's time
        too_long = f"it ran for more than {limit:.0f} seconds"
        if shortened:
            too_long = f"the {self._all_seconds()} ended in it"
        self.room, self.room_for_values = self.limits.output_bytes, LARGEST_MESSAGE
        self.kc.canary = canary
        try:
            # Hidden tests stay out of the history, where later cells could read them.
            self.execute_cell(cell, index, store_history=not is_grade(cell))
        except DeadKernelError:
            self._fail(cell, index, Failure(index, f"the kernel died{_reason(self.km)}", own=True))
            self._start_again(index)
        except CellTimeoutError:
            if self._answers():
                why = "it gave more output than can be taken"
                self._fail(cell, index, Failure(index, why, own=False))
                self._connect_again()
            else:
                why = f"{too_long} and could not be interrupted"
                self._fail(cell, index, Failure(index, why, own=not shortened))
                self._start_again(index)
        else:
            if any(o.get("ename") == self.error_on_timeout["ename"] for o in cell.outputs):
                self.failures[index] = Failure(index, too_long, own=not shortened)

    async def _async_answers(self) -> bool:
        """Whether the kernel is idle; if so, it was a message too large that broke its connection."""
        try:
            await self.kc.kernel_info(reply=True, timeout=IDLE_KERNEL_ANSWERS_IN)
        except (TimeoutError, Empty):
            return False
        return True

    _answers = run_sync(_async_answers)

    def _connect_again(self) -> None:
        self.kc.stop_channels()
        self.start_new_kernel_client()

    def _start_again(self, index: int) -> None:
        """A new kernel that knows what the cells before ``index`` defined, less those that killed one."""
        self.killers.add(index)
        while self.restarts < RESTARTS:
            self.restarts += 1
            self._cleanup_kernel()
            self.create_kernel_manager()
            self.start_new_kernel()
            self.start_new_kernel_client()
            if self._replay(index):
                return
        self._give_up(f"the kernel died {RESTARTS + 1} times", index)

    def _replay(self, end: int) -> bool:
        """Run set-up and answers again without what killed a kernel; False if one has died once more."""
        for index, cell in enumerate(self.nb.cells[:end]):
            tests = is_grade(cell) or is_locked(cell)
            failed = index in self.killers or index in self.failures
            if cell.cell_type != "code" or tests or failed or self._time_left() <= 0:
                continue
            try:
                self.execute_cell(copy.deepcopy(cell), index)
            except (DeadKernelError, CellTimeoutError):
                self.killers.add(index)
                return False
            finally:
                self.nb.cells[index] = cell
        return True

    def _give_up(self, why: str, index: int) -> None:
        self.given_up, self.stopped_at = why, index

    def _fail(self, cell: NotebookNode, index: int, failure: Failure) -> None:
        self.failures[index] = failure
        cell.outputs = [*cell.outputs, error_output("DidNotRun", failure.why)]

    def _all_seconds(self) -> str:
        return f"{self.limits.notebook_seconds} seconds for the whole notebook"

    def _time_left(self) -> float:
        used = time.monotonic() - self.began if self.began else 0.0
        return self.limits.notebook_seconds - used

    def process_message(self, msg: dict, cell: NotebookNode, cell_index: int):
        """Cut output as it arrives; widgets are not shown."""
        kind, content = msg["msg_type"], msg["content"]
        if kind.startswith("comm") or not self._fits(kind, content, cell.outputs):
            return None
        return super().process_message(msg, cell, cell_index)

    def _fits(self, kind: str, content: dict, outputs: list[NotebookNode]) -> bool:
        """Shorten what a message brings; False if there is no room for it.

        The first result and the first error always have room: they decide the score.
        """
        if kind == "stream":
            return self._stream_fits(content)
        if kind == "display_data" and values.MIME in content["data"]:
            self.room_for_values -= len(str(content["data"]))
            return self.room_for_values > 0
        if kind in ("display_data", "update_display_data"):
            return self._take(*map(str, content["data"].values()))
        if kind == "execute_result":
            text = str(content["data"].pop("text/plain", ""))[:LONGEST_RESULT]
            content["data"] = content["data"] if self._take(*map(str, content["data"].values())) else {}
            content["data"]["text/plain"] = text
            return self._take(text) or _has_none(kind, outputs)
        if kind == "error":
            content["evalue"] = str(content["evalue"])[:LONGEST_RESULT]
            content["traceback"] = ["\n".join(content["traceback"])[:LONGEST_TRACEBACK]]
            return self._take(content["evalue"], *content["traceback"]) or _has_none(kind, outputs)
        return True

    def _stream_fits(self, content: dict) -> bool:
        if self.room <= 0:
            return False
        content["text"] = content["text"][: self.room]
        if not self._take(content["text"]):
            content["text"] += "\n... the rest of the output was cut ..."
            self.room = 0
        return True

    def _take(self, *texts: str) -> bool:
        """Use some of the room, if there is enough."""
        size = sum(len(text.encode("utf-8", "replace")) for text in texts) + ROUGHLY_A_MESSAGE
        if size > self.room:
            return False
        self.room -= size
        return True


def _has_none(kind: str, outputs: list[NotebookNode]) -> bool:
    return all(output.output_type != kind for output in outputs)


def error_output(name: str, text: str) -> NotebookNode:
    """An error among the outputs of a cell; nbgrader then gives no points for it."""
    return NotebookNode(output_type="error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def _reason(kernel: KernelManager | None) -> str:
    """What the kernel's manager knows about its death."""
    reason = getattr(kernel, "why", "")
    return f" ({reason})" if reason else ""
