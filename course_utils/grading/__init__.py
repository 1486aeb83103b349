"""Grading a whole class: many submissions, each in a sandbox, into nbgrader's own gradebook.

Start reading in ``batch.py`` (`course grade`), then ``worker.py`` (one submission).
"""

import sys

# A grammar that takes jsonschema a second to import in each process, for addresses that no notebook has.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None keeps it from being imported

__all__ = [
    "assignment",
    "batch",
    "cluster",
    "editions",
    "execution",
    "gradebook",
    "guard",
    "inert",
    "interrupts",
    "kernel_client",
    "output_room",
    "own_answers",
    "runner",
    "sandbox",
    "submissions",
    "syntax",
    "worker",
]
