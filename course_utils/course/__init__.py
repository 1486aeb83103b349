"""What a notebook of the course is and may do: budget, recorded results, what was released, handing in.

Free of torch. Start reading in ``budget.py``.
"""

__all__ = [
    "budget",
    "experiments",
    "handin",
    "names",
    "notebookfile",
    "recorded",
    "released",
]
