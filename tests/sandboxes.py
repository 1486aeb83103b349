"""Code run in real sandboxes, by this user or by an ordinary one.

``python tests/sandboxes.py``, as an ordinary user, reads cells and kinds of kernel on stdin and prints outputs.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from course_utils.grading.sandbox.kernels import open_kernels
from course_utils.grading.sandbox.limits import Limits

ROOT = Path(__file__).resolve().parents[1]
ORDINARY = 12345  # a user that has no account
LINUX = [
    pytest.mark.required_in_ci,
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed"),
]


class Run:
    """A notebook that runs in a kernel of its own.

    Attributes:
        outputs: what each cell printed, and the name of its error.
        died: whether the kernel ended by itself or by a limit.
        why: which limit it was.
    """

    def __init__(
        self,
        *cells: str,
        kind: str = "fresh",
        limits: Limits | None = None,
        folder: Path | None = None,
        cell_seconds: float = 60,
        after_cell: Callable[[int], None] = lambda cell: None,
    ) -> None:
        kernels = open_kernels(limits or Limits(), warm=kind == "warm", unsafe=kind == "unsafe")
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
        self.client = NotebookClient(
            notebook,
            kernel_manager_class=kernels,
            resources={"metadata": {"path": str(folder)}} if folder else {},
            allow_errors=True,
            interrupt_on_timeout=True,
            shutdown_kernel="immediate",
            timeout=cell_seconds,
            on_cell_executed=lambda cell, cell_index, execute_reply: after_cell(cell_index),
        )
        manager = self.client.create_kernel_manager()
        self.died = False
        try:
            self.client.execute()
        except DeadKernelError:
            self.died = True
        self.why = manager.why
        self.outputs = [_text(cell) for cell in notebook.cells]


def _text(cell) -> str:
    """What a cell printed, values, and the names of errors."""
    texts = []
    for output in cell.outputs:
        if output.output_type == "stream":
            texts.append(output.text)
        elif output.output_type == "error":
            texts.append(f"{output.ename}: {output.evalue}")
        else:
            texts.append(" ".join(output.data))
    return "".join(texts).strip()


def outputs_as_ordinary_user(
    cells: Sequence[str], kinds: Sequence[str], limits: Limits
) -> dict[str, list[str]]:
    """The outputs of the cells for each kind of kernel, when the grader is an ordinary user.

    If we are root, a mount namespace of its own shows that user a Python that lies in root's home too.
    """
    command = [sys.executable, __file__]
    if os.geteuid() == 0:
        home = Path(pwd.getpwuid(0).pw_dir)
        python = [Path(p).resolve() for p in (sys.base_prefix, sys.prefix, ROOT)]
        above = [p for path in python for p in reversed(path.parents) if p.is_relative_to(home)]
        hidden = [w for folder in above for w in ("--dir", folder)]
        hidden += [w for p in python if p.is_relative_to(home) for w in ("--ro-bind", p, p)]
        command = [
            *("bwrap", "--dev-bind", "/", "/", "--tmpfs", home, *hidden),
            *("--cap-add", "ALL", "--", "setpriv", "--reuid", ORDINARY, "--regid", ORDINARY),
            *("--clear-groups", "--inh-caps", "-all", "--", *command),
        ]
    asked = json.dumps({"cells": cells, "kinds": kinds, "limits": vars(limits)})
    result = subprocess.run(
        [str(word) for word in command], input=asked, capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


if __name__ == "__main__":
    asked = json.loads(sys.stdin.read())
    limits = Limits(**asked["limits"])
    answers = {kind: Run(*asked["cells"], kind=kind, limits=limits).outputs for kind in asked["kinds"]}
    print(json.dumps(answers | {"uid": os.getuid()}))
