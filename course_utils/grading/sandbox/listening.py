"""ipykernel's application, listening at descriptors that it was given."""

from __future__ import annotations

import zmq
from ipykernel.kernelapp import IPKernelApp
from traitlets import Int, List


class ListeningKernelApp(IPKernelApp):
    """A kernel that makes no socket of its own.

    Attributes:
        listeners: descriptors of sockets that listen, in the order of their ports, from port 1.
    """

    listeners = List(Int())

    def _try_bind_socket(self, s: zmq.Socket, port: int) -> int:
        s.setsockopt(zmq.USE_FD, self.listeners[port - 1])
        return super()._try_bind_socket(s, port)

    def init_heartbeat(self) -> None:
        """None: whether the kernel lives is seen by its process."""
