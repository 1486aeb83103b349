"""Whether a student has handed in again, or the notebook was built anew, since a result was made."""

from __future__ import annotations

from pathlib import Path

from course_utils.grading.gradebook.results import Result, edition_files, fingerprint, of_files
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


def edition_key(root: Path, assignment: str) -> str:
    """A hash of both editions of an assignment as they were built; empty where one is not there."""
    paths = edition_files(root, assignment)
    return of_files(paths, root) if all(path.is_file() for path in paths) else ""


def built_since(root: Path, result: Result) -> bool:
    """Whether the tests and points are no longer those that the result is of."""
    return bool(result.edition) and edition_key(root, result.assignment) not in ("", result.edition)
