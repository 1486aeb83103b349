"""JupyterLab in Chromium, as a student or an instructor sees it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from courses import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
TOKEN = "only-on-this-machine"
PATIENCE = 600  # seconds; other tests may have the rest of the machine
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # cells out of sight stay in the page
}
# nbgrader's page of a submission loads MathJax from a content network, which tests do not reach.
NOT_OURS = ("MathJax is not defined", "net::ERR_FAILED", "iframe which has both allow-scripts")


@contextlib.contextmanager
def jupyterlab(folder: Path, home: Path) -> Iterator[str]:
    """A server on this machine alone, with settings, kernels' files and log below ``home``; its address."""
    for name, setting in SETTINGS.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(setting))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    options = [f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [*command, *options], cwd=folder, env=_environment(home), stdout=log, stderr=log
        )
        try:
            _wait_for(server, f"http://127.0.0.1:{port}/api", home / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()  # ends its kernels, too
            server.wait(timeout=60)


@contextlib.contextmanager
def chromium(profile: Path) -> Iterator:
    """A fresh browser that reaches nothing but this machine: its one page, and what its console complains of."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=FLAGS, viewport={"width": 1400, "height": 900}
        )
        context.set_default_timeout(120_000)
        context.route(lambda url: "://127.0.0.1" not in url, lambda route: route.abort())
        page = context.pages[0]
        complaints: list[str] = []
        page.on("console", lambda message: _note(complaints, message.type, message.text))
        page.on("pageerror", lambda error: _note(complaints, "error", str(error)))
        yield page, complaints
        context.close()


class Notebook:
    """A notebook that is open in JupyterLab."""

    def __init__(self, page, address: str, path: str):
        self.page = page
        page.goto(f"{address}/lab/tree/{path}?reset&token={TOKEN}")  # nothing else is open
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        page.locator(".jp-Toolbar-kernelName", has_text="Python 3").wait_for()
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()

    @property
    def code_cells(self):
        return self.page.locator(".jp-Notebook .jp-CodeCell")

    def cell(self, words: str):
        """The first code cell in whose source these words stand."""
        editor = self.page.locator(".jp-InputArea-editor", has_text=words)
        return self.code_cells.filter(has=editor).first

    def output(self, words: str) -> str:
        """What stands below that cell."""
        return self.cell(words).locator(".jp-OutputArea").inner_text()

    def prompt(self, words: str) -> str:
        """Such as ``[7]:``, ``[*]:`` while the cell runs or waits, ``[ ]:`` before."""
        return self.cell(words).locator(".jp-InputPrompt").inner_text()

    def start(self, words: str) -> None:
        """Run a cell as a student does, and do not wait for its end."""
        self.cell(words).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def run(self, words: str) -> str:
        """Run a cell to its end; what stands below it then."""
        before = self.prompt(words)
        self.start(words)
        until(lambda: self.prompt(words) not in (before, "[*]:"), "the cell has ended", self.page)
        return self.output(words)

    def run_all(self) -> None:
        """Menu "Run All Cells", and wait until none runs or waits any more."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        until(lambda: self.waiting, "the cells have started", self.page)
        self.wait_until_idle()

    def replace(self, words: str, source: str) -> None:
        """Write another text into a cell."""
        self.cell(words).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    @property
    def waiting(self) -> int:
        """How many cells run or wait for their turn."""
        prompts = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]"
        return self.page.evaluate(f"{prompts}.filter((prompt) => prompt.textContent.includes('*')).length")

    def wait_until_idle(self) -> None:
        until(lambda: not self.waiting, "the cells have ended", self.page)


def until(condition, what: str, page, patience: float = PATIENCE) -> None:
    """Wait for something that the page will show, looking twice a second."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"waited {patience} s in vain until {what}"
        page.wait_for_timeout(500)


def _environment(home: Path) -> dict[str, str]:
    """Nothing of the user's own settings is read or written."""
    folders = {
        "HOME": "", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython",
    }  # fmt: skip
    private = {name: str(home / folder) for name, folder in folders.items()}
    calm = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}  # as `make` sets them
    return {**os.environ, **private, **calm, "JUPYTER_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}


def _wait_for(server: subprocess.Popen, address: str, log: Path) -> None:
    for _ in range(4 * PATIENCE):
        try:
            urllib.request.urlopen(f"{address}?token={TOKEN}").close()
            return
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.25)
    pytest.fail(f"no server after {PATIENCE} s:\n{log.read_text()}")


def _note(complaints: list[str], kind: str, text: str) -> None:
    if kind in ("error", "warning") and not any(words in text for words in NOT_OURS):
        complaints.append(f"{kind}: {text}")
