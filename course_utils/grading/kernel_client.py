"""A kernel's client that takes no endless message, waits between connections, and asks for the canary."""

from __future__ import annotations

import contextlib
import math
import time
from queue import Empty
from typing import Any

import zmq.asyncio
from jupyter_client.asynchronous import AsyncKernelClient
from traitlets import default

from course_utils.grading.sandbox.limits import MIB

LARGEST_MESSAGE = 32 * MIB  # from a kernel; a larger one cuts its connection
WAITING = 32  # messages of a channel that lie in our memory unread; the others wait in the sandbox's
RECONNECT_MS = 100  # before a lost connection is made anew, ten times as long where nobody answers
CANARY = "canary"  # its name among the expressions of a request


class Client(AsyncKernelClient):
    """jupyter_client's, with limits.

    Attributes:
        canary: an expression that the kernel evaluates behind a cell that did not fail; empty for none.
    """

    canary = ""

    def start_channels(self, *args: Any, **kwargs: Any) -> None:
        """As in jupyter_client, without stdin and heartbeat: its process tells whether the kernel lives."""
        super().start_channels(*args, **kwargs | {"hb": False, "stdin": False})

    def execute(self, code: str, *args: Any, **settings: Any) -> Any:
        """As in jupyter_client, and ask for the canary."""
        expressions = {CANARY: self.canary} if self.canary else {}
        return super().execute(code, *args, user_expressions=expressions, **settings)

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
        context.setsockopt(zmq.RCVHWM, WAITING)
        context.setsockopt(zmq.RECONNECT_IVL, RECONNECT_MS)
        context.setsockopt(zmq.RECONNECT_IVL_MAX, 10 * RECONNECT_MS)
        return context
