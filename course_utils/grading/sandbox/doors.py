"""Where a kernel is reached: sockets that listen before student code runs, in a folder it cannot see.

A kernel gets them as open descriptors and makes no path. So the grader follows no path that a submission
could turn into a link to somewhere else, and a kernel that starts slowly is not knocked at in vain.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile

CHANNELS = ("shell", "iopub", "stdin", "control")  # ports 1, 2, 3, 4; nobody asks for a heartbeat
LONGEST_FOLDER = 70  # bytes: the path of a socket has 107 at most, and some 30 follow


class Doors:
    """Listening sockets, one for each channel.

    Attributes:
        path: what the paths of the sockets begin with; ``ipc://<path>-<port>`` is one.
    """

    def __init__(self) -> None:
        self._folder = private_folder("course-kernel-")
        self.path = f"{self._folder}/k"
        self._sockets: list[socket.socket] = []
        try:
            for port, _ in enumerate(CHANNELS, 1):
                door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self._sockets.append(door)
                door.bind(f"{self.path}-{port}")
                door.listen()
        except BaseException:
            self.remove()
            raise

    @property
    def descriptors(self) -> list[int]:
        """Of the sockets, in the order of their ports."""
        return [door.fileno() for door in self._sockets]

    def hand_over(self) -> None:
        """Keep no copy: the kernel's end is then the end of the sockets."""
        for door in self._sockets:
            door.close()

    def remove(self) -> None:
        """Take the folder away, too."""
        self.hand_over()
        shutil.rmtree(self._folder, ignore_errors=True)


def private_folder(prefix: str) -> str:
    """A new folder for sockets that no other user can look into; in ``/tmp`` where ``TMPDIR`` is too long."""
    usual = tempfile.gettempdir()
    return tempfile.mkdtemp(prefix=prefix, dir=usual if len(os.fsencode(usual)) <= LONGEST_FOLDER else "/tmp")


def keep_open_only(descriptors: list[int]) -> None:
    """Close every descriptor above 2 but these, which children do not inherit."""
    begin = 3
    for descriptor in sorted(descriptors):
        os.closerange(begin, descriptor)
        os.set_inheritable(descriptor, False)
        begin = descriptor + 1
    os.closerange(begin, max(os.sysconf("SC_OPEN_MAX"), begin + 1))
