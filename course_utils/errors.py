"""Errors that say what was wrong, what was expected, what was found and what to do."""

from __future__ import annotations

import errno

# What a disk says that is full, read-only or somebody else's.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
# What a disk says of a path that nothing can have.
NO_PATH = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG)
# Of torch's NotImplementedErrors.
TORCHS = ("not implemented for", "is missing the required", "meta tensor")
DO = "  do this:  "  # begins the line of the remedy


class CourseError(Exception):
    """A problem the reader can solve: one sentence, and where it helps what was expected, found, and to do.

    Args:
        what: one sentence on what was wrong.
        expected: what would have been right.
        found: what was there instead; the system may have no words for it.
        do: the remedy, as an instruction.
    """

    def __init__(self, what: str, *, expected: str = "", found: str | None = "", do: str = ""):
        self.what, self.expected, self.found, self.do = what, expected, found, do
        rows = (("  expected: ", expected), ("  found:    ", found), (DO, do))
        super().__init__("\n".join([what] + [name + text for name, text in rows if text]))

    def _render_traceback_(self) -> list[str]:
        """Shown by IPython in place of a traceback; it must be a list of str."""
        return [f"{type(self).__name__}: {self}"]


class DataError(CourseError):
    """Images or labels that cannot be used."""


class DownloadError(CourseError):
    """A file that could not be fetched."""


class WeightsError(CourseError):
    """Weights that are missing, damaged or do not fit the model."""


class NoHeadError(CourseError):
    """The head of a model cannot be told from its backbone."""


class CheckpointError(CourseError):
    """A checkpoint that is damaged or belongs to another run."""


class RunStopped(CourseError):
    """A training run that was stopped where a whole one is needed."""


class BuildError(CourseError):
    """A notebook source that must not be built as it stands."""


class EnvironmentProblem(CourseError):
    """Something this machine lacks."""


def is_stub(name: str, message: str) -> bool:
    """Whether an error is the ``raise NotImplementedError`` of a stub: torch's own say what they miss."""
    return name == "NotImplementedError" and not any(words in message for words in TORCHS)
