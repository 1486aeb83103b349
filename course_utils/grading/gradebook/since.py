"""Whether a student has handed in again since a result was made."""

from __future__ import annotations

from pathlib import Path

from course_utils.grading.gradebook.results import Result, fingerprint
from course_utils.grading.submissions.finding import Submission, find_submissions


def sent_key(submission: Submission) -> str:
    """A hash of what was handed in; empty where it cannot be read."""
    try:
        return fingerprint(*submission.contents())
    except Exception:
        return ""


def handed_in_since(root: Path, result: Result) -> bool:
    """Whether what lies in ``submitted/`` is no longer what the result is of."""
    found = next(find_submissions(root, result.assignment, [result.student]), None)
    return bool(result.sent) and found is not None and sent_key(found) not in ("", result.sent)
