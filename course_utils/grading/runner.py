"""nbgrader's Execute on one notebook: time is limited, and a kernel that dies is followed by another."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import KernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellExecutionComplete, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_locked

from course_utils.grading.guard.guard import Guard
from course_utils.grading.kernel_client import CANARY, LARGEST_MESSAGE, Client
from course_utils.grading.output_room import OutputRoom
from course_utils.grading.sandbox.limits import Limits

# In a notebook both would end the kernel some time behind their cell. (A plain assignment to them would be
# taken for a call of IPython's.)
NO_EXIT = "globals().update(dict.fromkeys(('exit', 'quit'), lambda *_: None))"
IDLE_KERNEL_ANSWERS_IN = 5  # seconds
RESTARTS = 3  # a notebook whose kernel dies more often is left to a person
# What comes of a reply that no kernel gives.
UNHEARD_OF = (KeyError, TypeError, ValueError, AttributeError, RecursionError)


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


class Runner(Execute):
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
        self.room = OutputRoom(limits.output_bytes, LARGEST_MESSAGE)
        self.began: float | None = None

    def create_kernel_manager(self) -> KernelManager:
        self.km = self.new_kernel()
        self.km.client_factory = Client
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
            guard = self.guard if index in self.guarded else None
            self._run(cell, index, guard.canary(cell.source) if guard else "")
            if guard and index not in self.answers and not self.given_up:
                self._forget_its_test(cell, index, guard)
        return cell, resources

    def _forget_its_test(self, cell: NotebookNode, index: int, guard: Guard) -> None:
        """Behind a cell that failed, whose canary did not run."""
        self._run(NotebookNode(cell, source="pass"), index, guard.forgetting)
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
        self.room = OutputRoom(self.limits.output_bytes, LARGEST_MESSAGE)
        self._display_id_map.clear()  # what an earlier cell has shown is not for this one to change
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
        except UNHEARD_OF:
            self._fail(cell, index, Failure(index, "its kernel sent what no kernel sends", own=True))
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
            self._display_id_map.clear()
            try:
                self.execute_cell(copy.deepcopy(cell), index)
            except (DeadKernelError, CellTimeoutError, *UNHEARD_OF):
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
        """Cut output as it arrives; widgets are not shown, and no value of a graded cell is changed later."""
        kind = msg["msg_type"]
        guarded = cell_index in self.guarded
        if kind.startswith("comm") or guarded and kind in ("clear_output", "update_display_data"):
            return None
        try:
            if guarded:
                msg["content"].pop("transient", None)
            fits = self.room.fits(kind, msg["content"], cell.outputs)
            return super().process_message(msg, cell, cell_index) if fits else None
        except CellExecutionComplete:
            raise
        except Exception:  # what no kernel sends
            return None


def error_output(name: str, text: str) -> NotebookNode:
    """An error among the outputs of a cell; nbgrader then gives no points for it."""
    return NotebookNode(output_type="error", ename=name, evalue=text, traceback=[f"{name}: {text}"])


def _reason(kernel: KernelManager | None) -> str:
    """What the kernel's manager knows about its death."""
    reason = getattr(kernel, "why", "")
    return f" ({reason})" if reason else ""
