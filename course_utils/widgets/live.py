"""One output, two forms: a live view for a person at the keyboard, a static twin for every other reader."""

from __future__ import annotations

import threading
from collections.abc import Callable

VIEW = "application/vnd.jupyter.widget-view+json"


def show(twin: tuple[dict, dict], make_view: Callable[[], object]) -> None:
    """Publish the twin, and with it the live view where a person can use it.

    A notebook program with a running kernel shows the view. A saved page, a headless run, and any
    program without widgets show the twin, which tells the same. A plain terminal gets the twin's text.

    Args:
        twin: data and metadata of a notebook output, such as :func:`course_utils.plots.frame.mimebundle`
            gives.
        make_view: makes the ipywidgets view; called only where it is shown.
    """
    if kernel() is None:
        print(twin[0]["text/plain"])
        return
    publish(twin, make_view() if is_interactive() else None)


def publish(twin: tuple[dict, dict], view=None, **where: object) -> None:
    """One output with the twin and, if there is one, the ipywidgets ``view``.

    Args:
        where: ``transient`` or ``update`` of :func:`IPython.display.publish_display_data`.
    """
    from IPython.display import publish_display_data

    data, metadata = twin
    if view is not None:  # written out, as ipywidgets 7 and 8 differ in how one asks for it
        data = {**data, VIEW: {"version_major": 2, "version_minor": 0, "model_id": view.model_id}}
    publish_display_data(data, metadata, **where)


def is_interactive() -> bool:
    """Whether a person runs this cell, with ipywidgets at hand.

    Programs that run cells unattended (papermill, nbconvert, nbgrader) declare that they take no input.
    """
    running = kernel()
    if running is None or not running.get_parent().get("content", {}).get("allow_stdin"):
        return False
    try:
        import ipywidgets  # noqa: F401
    except ImportError:
        return False
    return True


def kernel():
    """The Jupyter kernel that this runs in; ``None`` in a script, a terminal, or a test."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return getattr(get_ipython(), "kernel", None)


def clicks_arrive_while_busy() -> bool:
    """Whether the callbacks of widgets run while a cell does: on a subshell, a thread of their own.

    JupyterLab from 4.4 opens one if the kernel has them (ipykernel from 7). Elsewhere, in Colab for
    example, a click waits until the cell ends.
    """
    threads = getattr(kernel(), "shell_channel_thread", None)
    return bool(threads and threads.manager.list_subshell())


def let_clicks_through(widget) -> None:
    """Have the messages of ``widget`` handled on the subshell that they were sent to.

    ipykernel 7.4 hands them to the thread that used the widget last: that of the busy cell. It asks the comm
    for that thread, and does without where the comm has no answer.
    """
    widget.comm._reply_subshell_for = None


def run_in_main_thread(work: Callable[[], None]) -> None:
    """Run ``work`` where cells run, so that the next cell waits for it."""
    if threading.current_thread() is threading.main_thread():
        work()
    else:
        kernel().io_loop.add_callback(work)
