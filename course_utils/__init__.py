"""Pretrained models and fine-tuning: the package that the course notebooks import and students read.

Start reading in ``data/``, ``models/`` and ``training/``; each says what lives in it, and where to go on.
"""

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("course-utils")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "unknown"
