"""Live views and their static twins: who is there, what is published, which clicks arrive."""

import contextlib
from types import SimpleNamespace

import ipykernel
import pytest
from jupyter_client import KernelManager

from course_utils.widgets import live

TWIN = ({"text/html": "<p>twin</p>", "text/plain": "twin"}, {})


def no_view():
    raise AssertionError("a view was made for nobody")


def pretend_kernel(monkeypatch, **content):
    """A kernel in the middle of a cell, whose request had this content."""
    fake = SimpleNamespace(get_parent=lambda: {"content": content} if content else {})
    monkeypatch.setattr(live, "kernel", lambda: fake)
    return fake


@pytest.fixture
def published(monkeypatch):
    found = []
    monkeypatch.setattr(
        "IPython.display.publish_display_data", lambda data, metadata=None, **how: found.append((data, how))
    )
    return found


def test_a_plain_terminal_gets_the_text(capsys):
    live.show(TWIN, no_view)
    assert capsys.readouterr().out == "twin\n"


@pytest.mark.parametrize("content", [{"allow_stdin": False}, {}])
def test_who_takes_no_input_is_nobody_and_gets_the_twin(monkeypatch, published, content):
    pretend_kernel(monkeypatch, **content)
    live.show(TWIN, no_view)
    assert published == [(TWIN[0], {})]


def test_a_person_gets_both_in_one_output(monkeypatch, published):
    pretend_kernel(monkeypatch, allow_stdin=True)
    live.show(TWIN, lambda: SimpleNamespace(model_id="abc"))  # all that ipywidgets 7 and 8 share
    ((data, _),) = published
    assert data[live.VIEW]["model_id"] == "abc" and data["text/html"] == "<p>twin</p>"
    assert live.VIEW not in TWIN[0]


def test_kernels_without_subshells_hold_clicks_back(monkeypatch):
    fake = pretend_kernel(monkeypatch)
    assert not live.clicks_arrive_while_busy()
    open_threads = []
    fake.shell_channel_thread = SimpleNamespace(manager=SimpleNamespace(list_subshell=lambda: open_threads))
    assert not live.clicks_arrive_while_busy()
    open_threads.append("one")
    assert live.clicks_arrive_while_busy()


CELL = """
import threading, time, ipywidgets
from course_utils.widgets import live
clicked, button = threading.Event(), ipywidgets.Button(description="Stop")
button.on_click(lambda _: clicked.set())
live.let_clicks_through(button)
print(button.model_id, live.is_interactive(), live.clicks_arrive_while_busy(), flush=True)
print(clicked.wait(WAIT))
"""


@pytest.fixture(scope="module")
def client():
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(stderr=-3)  # what a kernel says about its transport is not our matter
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def lines_of(client, code: str, when_first_line=lambda line: None, **how) -> list[str]:
    lines = []

    def hook(message):
        if message["msg_type"] == "stream":
            if not lines:
                when_first_line(message["content"]["text"])
            lines.extend(message["content"]["text"].split("\n"))

    with contextlib.suppress(TimeoutError):
        client.execute_interactive(code, output_hook=hook, timeout=30, **how)
    return [line for line in lines if line]


@pytest.mark.slow
def test_headless_runs_say_that_nobody_is_there(client):
    first, _ = lines_of(client, CELL.replace("WAIT", "0"), allow_stdin=False)
    assert first.split()[1:] == ["False", "False"]


@pytest.mark.slow
@pytest.mark.skipif(ipykernel.version_info < (7,), reason="subshells came with ipykernel 7")
def test_a_click_reaches_a_busy_cell_over_a_subshell(client):
    """As JupyterLab sends it; ipykernel 7.4 would hold it back but for ``let_clicks_through``."""
    session = client.session
    client.control_channel.send(session.msg("create_subshell_request"))
    subshell = client.get_control_msg(timeout=10)["content"]["subshell_id"]

    def click(line):
        data = {"method": "custom", "content": {"event": "click"}}
        message = session.msg("comm_msg", {"comm_id": line.split()[0], "data": data})
        message["header"]["subshell_id"] = subshell
        client.shell_channel.send(message)

    first, last = lines_of(client, CELL.replace("WAIT", "10"), click, allow_stdin=True)
    assert first.split()[1:] == ["True", "True"] and last == "True"
