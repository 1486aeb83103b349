"""What students handed in: archives, rosters, folders and notebooks, read with care and repaired.

Start reading in ``finding.py``, then ``repair.py``; ``collect.py`` is `course collect`.
"""

__all__ = [
    "archive",
    "collect",
    "files",
    "finding",
    "naming",
    "pieces",
    "repair",
    "roster",
    "setup",
]
