"""Settings of the whole suite."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "2")


def pytest_addoption(parser):
    parser.addoption(
        "--update-transcripts",
        action="store_true",
        help="write what the checks print for tests/answers instead of comparing it",
    )
