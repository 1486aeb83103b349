"""What one submission may use while it is graded: time, memory, processes, files, output."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024**2


@dataclass(frozen=True)
class Limits:
    """The limits of one submission; the defaults are generous to honest work at budget ``grade``.

    Attributes:
        cell_seconds: time for one cell, in seconds.
        notebook_seconds: time for the whole notebook from the start of its kernel, in seconds.
        memory_bytes: resident memory of all its processes together, in bytes.
        processes: processes and threads at once; a kernel alone has about ten.
        file_bytes: the largest file, and all files together in each of its folders, in bytes.
        output_bytes: output of one cell, in bytes.
    """

    cell_seconds: int = 60
    notebook_seconds: int = 300
    memory_bytes: int = 3072 * MIB
    processes: int = 128
    file_bytes: int = 256 * MIB
    output_bytes: int = MIB
