"""An answer that has the library do its work is found out, in whatever way it hides that; an honest one never is."""

from __future__ import annotations

import _thread
import builtins
import ctypes
import functools
import inspect
import sys
import threading
import types
import warnings

import pytest
import torch

from course_utils.checks.graded import LONG, hidden, own_work
from course_utils.checks.report import LibraryAnswer, Tampered
from course_utils.data import inspection
from course_utils.training import probes

IMAGES = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
LIBRARY = inspection.channel_statistics


def written(text: str, **names: object):
    """A function of a notebook; the library is ``use``."""
    room = {"use": LIBRARY, "sys": sys, "threading": threading, "_thread": _thread, "ctypes": ctypes, **names}
    exec(compile(text, "<cell>", "exec"), room)
    return room["answer"]


TRICKS = {
    "profile taken away": "def answer(x):\n    sys.setprofile(None)\n    return use(x)",
    "and put back": "def answer(x):\n    old = sys.getprofile()\n    sys.setprofile(None)\n    y = use(x)\n    sys.setprofile(old)\n    return y",
    "taken away by ctypes": "def answer(x):\n    ctypes.pythonapi.PyEval_SetProfile(None, None)\n    return use(x)",
    "raw thread": (
        "def answer(x):\n    found, lock = [], _thread.allocate_lock()\n    lock.acquire()\n"
        "    _thread.start_new_thread(lambda: (found.append(use(x)), lock.release()), ())\n    lock.acquire()\n    return found[0]"
    ),
    "threads not watched": (
        "def answer(x):\n    threading.setprofile(None)\n    t = threading.Thread(target=use, args=(x,))\n    t.start()\n    t.join()"
    ),
    "frames": "def answer(x):\n    return sys._getframe(1).f_locals",
    "frames of all threads": "def answer(x):\n    return sys._current_frames()",
    "frames by way of inspect": "def answer(x):\n    import inspect\n    return inspect.currentframe().f_back",
    "another process": "def answer(x):\n    import subprocess\n    return subprocess.run(['true'])",
    "another process through a pipe": "def answer(x):\n    import subprocess\n    return subprocess.Popen(['true']).wait()",
    "a copy of the process": "def answer(x):\n    import os\n    if not (child := os.fork()):\n        os._exit(0)\n    os.waitpid(child, 0)",
    "a process of multiprocessing": (
        "def answer(x):\n    import multiprocessing\n    p = multiprocessing.get_context('fork').Process(target=len, args=((),))\n"
        "    p.start()\n    p.join()"
    ),
    "processes in a pool": (
        "def answer(x):\n    from concurrent.futures import ProcessPoolExecutor\n    from multiprocessing import get_context\n"
        "    with ProcessPoolExecutor(1, get_context('fork')) as pool:\n        return pool.submit(len, ()).result()"
    ),
    "a process that is spawned": (
        "def answer(x):\n    import multiprocessing\n    p = multiprocessing.get_context('spawn').Process(target=len, args=((),))\n"
        "    p.start()\n    p.terminate()\n    p.join()"
    ),
    "a process by its path": "def answer(x):\n    import os\n    os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)",
    "a process by way of os": "def answer(x):\n    import os\n    return os.popen('true').read()",
    "a process by way of map": "def answer(x):\n    import os\n    return list(map(os.system, ['true']))",
    "a process from a thread": (
        "def answer(x):\n    import subprocess\n    t = threading.Thread(target=subprocess.call, args=(['true'],))\n    t.start()\n    t.join()"
    ),
    "a shell": "def answer(x):\n    import os\n    return os.system('true')",
    "trace": "def answer(x):\n    sys.settrace(None)",
}


@pytest.mark.parametrize("trick", TRICKS)
def test_tricks_are_noticed(trick):
    before = sys.getprofile(), threading.getprofile()
    with pytest.raises(Tampered, match="your answer"):
        own_work(written(TRICKS[trick]), LIBRARY)(IMAGES)
    assert (sys.getprofile(), threading.getprofile()) == before


USES = {
    "called": "def answer(x):\n    return use(x)",
    "in a thread": "def answer(x):\n    t = threading.Thread(target=use, args=(x,))\n    t.start()\n    t.join()",
    "through map": "def answer(x):\n    return list(map(use, [x]))",
    "caught": "def answer(x):\n    try:\n        return use(x)\n    except BaseException:\n        return None",
}


@pytest.mark.parametrize("use", USES)
def test_the_library_is_seen_wherever_it_runs(use):
    with pytest.raises(LibraryAnswer, match="channel_statistics"):
        own_work(written(USES[use]), LIBRARY)(IMAGES)


def test_what_stands_for_the_library_must_be_a_function():
    fake = types.SimpleNamespace(__code__=test_tricks_are_noticed.__code__, __name__="channel_statistics")
    with pytest.raises(Tampered, match="replaced"):
        own_work(written("def answer(x):\n    return use(x)"), fake)(IMAGES)


def long_ones():
    """Functions of the library that are too long to be written twice by chance."""
    found = [
        thing
        for module in (probes, inspection)
        for thing in vars(module).values()
        if inspect.isfunction(thing)
    ]
    return [f for f in found if len(f.__code__.co_code) >= LONG and f.__module__.startswith("course_utils")]


def test_a_copy_of_the_librarys_text_is_the_library():
    ours = next(f for f in long_ones() if f.__module__ == probes.__name__)
    room = dict(vars(sys.modules[ours.__module__]))
    text = inspect.getsource(ours).replace(f"def {ours.__name__}(", "def copied(", 1)
    exec(compile("\n" * 7 + text, "<string>", "exec"), room)

    def answer():
        try:
            room["copied"]()
        except TypeError:
            room["copied"](*[None] * ours.__code__.co_argcount)

    guarded = own_work(written("def answer():\n    return call()", call=answer), ours)
    with pytest.raises(LibraryAnswer, match=ours.__name__):
        guarded()


HONEST = {
    "threads": "def answer(x):\n    t = threading.Thread(target=len, args=(x,))\n    t.start()\n    t.join()\n    return x",
    "warns": "def answer(x):\n    warnings.warn('few')\n    return x",
    "cached": "@functools.lru_cache\ndef answer(x):\n    return sum(range(10))",
    "trains": (
        "def answer(x):\n    model = torch.nn.Linear(2, 1)\n    optimizer = torch.optim.AdamW(model.parameters())\n"
        "    model(torch.ones(3, 2)).sum().backward()\n    optimizer.step()\n    return x"
    ),
    "compares": "def answer(x):\n    torch.testing.assert_close(torch.ones(2), torch.ones(2))\n    return x",
    "loads with workers": (
        "def answer(x):\n    data = torch.utils.data.TensorDataset(torch.arange(4.0))\n"
        "    return [b for b in torch.utils.data.DataLoader(data, num_workers=1)]"
    ),
    "asks what it watches": "def answer(x):\n    sys.getprofile()\n    return x",
}


def test_a_library_may_start_a_process_on_its_own_account():
    import matplotlib.font_manager

    code = compile(
        "def listed():\n    import subprocess\n    subprocess.run(['true'])",
        matplotlib.font_manager.__file__,
        "exec",
    )
    room: dict = {}
    exec(code, room)
    own_work(written("def answer(x):\n    return use()", use=room["listed"]), LIBRARY)(7)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", HONEST)
def test_honest_answers_are_left_alone(name):
    own_work(written(HONEST[name], warnings=warnings, functools=functools, torch=torch), LIBRARY)(7)


def test_a_hidden_test_keeps_its_builtins():
    def cheat():
        builtins.all = lambda items: True

    def test():
        cheat()
        assert all([False])

    real = builtins.all
    try:
        with pytest.raises(AssertionError):
            hidden(written("def answer():\n    cheat()\n    assert all([False])", cheat=cheat))
    finally:
        builtins.all = real


def test_a_hidden_test_whose_builtins_are_changed_says_so():
    def cheat():
        sys._getframe(1).f_builtins["all"] = lambda items: True

    with pytest.raises(Tampered, match="builtins"):
        hidden(written("def answer():\n    cheat()\n    assert all([False])", cheat=cheat))
    assert all([True]) and not all([False])


def test_a_hidden_test_whose_names_are_changed_says_so():
    def cheat():
        sys._getframe(1).f_globals["torch"] = None

    with pytest.raises(Tampered, match="names"):
        hidden(written("def answer():\n    cheat()", cheat=cheat, torch=torch))
