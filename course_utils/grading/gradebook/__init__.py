"""What is known of a graded submission, and where it is written: gradebook, table, pages, CSV.

Start reading in ``results.py``, then ``writer.py``: nbgrader stays the only one that writes its gradebook.
"""

__all__ = [
    "alike",
    "export",
    "feedback",
    "glance",
    "offline",
    "outcomes",
    "report",
    "results",
    "since",
    "telling",
    "writer",
]
