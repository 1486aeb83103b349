"""Pretrained models and fine-tuning: the package that the course notebooks import and students read."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("course-utils")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "unknown"
