"""What does not trust the student's process: values compared outside of it, a look for tampering in it.

Start reading in ``comparing.py``, then ``canary.py``.
"""

__all__ = [
    "canary",
    "comparing",
    "guard",
    "probe",
]
