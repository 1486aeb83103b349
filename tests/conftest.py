"""Settings of the whole suite."""

import os
import signal
import socket

import pytest
from servers import Server

os.environ.setdefault("OMP_NUM_THREADS", "2")
# Tests compare bits, and on a CPU: a GPU is hidden from them, unless this is set by whoever runs them.
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
# A shell that starts the tests in the background makes them deaf to Ctrl-C, and so what they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Files that take longest. They come first, so that no worker is left with one at the end; a file stays on one
# worker, which makes its course folders, kernels and browsers once.
LONGEST = (
    "notebooks/test_chapters.py",
    "grading/test_grading_batch.py",
    "grading/test_grading_tampering.py",
    "notebooks/test_browser.py",
    "grading/test_sandbox.py",
    "grading/test_grading_broken.py",
    "checks/test_answers.py",
    "project/test_cli.py",
    "project/test_bench.py",
    "grading/test_comparing.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """One worker more than there are processors: who grades or drives a browser waits much of the time.

    Not for the quick tests, which wait for nothing, and of which each worker begins with ten seconds of imports.
    """
    processors = os.cpu_count() or 1
    return processors if "not slow" in config.option.markexpr else processors + 1


def pytest_addoption(parser):
    parser.addoption(
        "--update-transcripts",
        action="store_true",
        help="write what the checks print for tests/answers instead of comparing it",
    )
    parser.addoption("--screenshots", metavar="FOLDER", help="keep a picture of what each browser test saw")


def pytest_collection_modifyitems(config, items):
    """The longest files first; needs pytest-xdist's ``--no-loadscope-reorder``."""
    tests = config.rootpath / "tests"
    order = {tests / file: place for place, file in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path, len(LONGEST)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """What CI is there for must have run there: ``.ci/run`` installs what it needs."""
    report = yield
    required = os.environ.get("COURSE_CI") and item.get_closest_marker("required_in_ci")
    if required and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"CI must run this test, and skipped it: {report.longrepr[-1]}"
    return report


@pytest.fixture
def start_server():
    """Starts servers, each with some files, its content by path; they end with the test."""
    servers = []

    def start(files: dict[str, bytes] | None = None) -> Server:
        servers.append(Server())
        servers[-1].files |= files or {}
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def mirrors(monkeypatch):
    """Downloads come from these addresses, and by no proxy."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return lambda *urls: monkeypatch.setenv("COURSE_MIRRORS", ", ".join(urls))


@pytest.fixture
def nobody():
    """The address of a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{free.getsockname()[1]}"
