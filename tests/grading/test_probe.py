"""What is replaced in the course's own package is seen, in its modules and in its classes."""

from __future__ import annotations

import importlib
import os
import pkgutil
import subprocess
import sys
import types

import pytest
from nbformat.v4 import new_code_cell

import course_utils
from course_utils.analysis import arms
from course_utils.checks import graded, origins, processes, unchanged
from course_utils.data import inspection
from course_utils.grading.guard import canary, probe
from course_utils.grading.guard.guard import Guard

ROOT = str(canary.PACKAGE)


def written(text: str, **names: object) -> types.FunctionType:
    """A function that a cell made in a way that hides where it comes from."""
    room = {"__name__": "anywhere", **names}
    exec(compile(text, "<string>", "exec"), room)
    return room["f"]


def seen() -> list[str]:
    probe.TRUSTED.append(ROOT)
    try:
        looks = probe.changed_course, probe.changed_helpers
        return [fact for look in looks for fact in look(ROOT, canary._helpers())]
    finally:
        probe.TRUSTED.pop()


KEPT = unchanged.Kept
FACTS = written("def f(self):\n    return {}")
ELSEWHERE = types.FunctionType(KEPT.changes.__code__, {**vars(unchanged), "_same": lambda a, b: True})
WRAPPED = written("def f(test):\n    return None")
WRAPPED.__wrapped__ = graded.hidden
CASES = {
    "a method": (KEPT, "facts", lambda self: {}),
    "a method that hides its origin": (KEPT, "facts", FACTS),
    "a method for another": (KEPT, "changes", KEPT.facts),
    "a method with other globals": (KEPT, "changes", ELSEWHERE),
    "a property in a method's place": (KEPT, "facts", property(lambda self: dict)),
    "what its methods call": (unchanged, "_same", FACTS),
    "a class": (unchanged, "Kept", types.new_class("Kept", (KEPT,))),
    "a method of the watch": (graded._Watch, "complain", FACTS),
    "a helper that says it wraps the real one": (graded, "hidden", WRAPPED),
    "the ear": (processes, "_listen", FACTS),
    "a method of any class": (arms.Arm, "__post_init__", lambda self: None),
    "a property of any class": (arms.Arm, "text", property(lambda self: "")),
    "a function for another": (inspection, "channel_statistics", inspection.duplicate_report),
}


def test_nothing_is_seen_where_nothing_was_done():
    for module in pkgutil.walk_packages(course_utils.__path__, "course_utils."):
        importlib.import_module(module.name)
    assert seen() == []


@pytest.mark.parametrize("case", CASES)
def test_what_was_replaced_is_seen(case, monkeypatch):
    holder, name, thing = CASES[case]
    monkeypatch.setattr(holder, name, thing, raising=False)
    assert seen()
    monkeypatch.undo()
    assert seen() == []


def test_another_way_to_make_objects_is_seen():
    """In a child: a class whose ``__new__`` was put back makes no objects with arguments any more."""
    child = os.fork()
    if child == 0:
        failed = True
        try:
            KEPT.__new__ = lambda kind, model: object()
            failed = len(seen()) != 1
        finally:  # whatever is raised must not go on with the tests in the child
            os._exit(failed)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_probe_asks_for_what_hidden_tests_import():
    assert "course_utils.checks.unchanged" in canary.HELPERS
    assert canary._helpers()["course_utils.checks.unchanged"].keys() >= {
        "Kept.facts",
        "Kept.changes",
        "_same",
    }


@pytest.mark.parametrize(
    "module, name, empty",
    [(graded, "TRICKS", frozenset()), (processes, "STARTS", frozenset()), (origins, "LIBRARIES", ("",))],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_watch_without_its_lists_is_seen_to_be_blind(module, name, empty, monkeypatch):
    room: dict = {"__name__": "canary"}
    exec(compile(canary.PROBE.read_text(encoding="utf-8"), "<canary>", "exec"), room)
    assert list(room["blind_course"](ROOT, {})) == []
    monkeypatch.setattr(module, name, empty)
    assert list(room["blind_course"](ROOT, {}))


VETO = """
import sys

def veto(event, args):
    if event == "sys.addaudithook":
        raise RuntimeError

sys.addaudithook(veto)
from course_utils.checks.graded import own_work
own_work(lambda: 1)()
"""


@pytest.mark.slow
def test_who_keeps_python_from_reporting_is_told():
    ran = subprocess.run(
        [sys.executable, "-c", VETO], cwd=canary.PACKAGE.parent, capture_output=True, text=True
    )
    assert "Tampered: something in this notebook keeps Python from telling" in ran.stderr


def test_only_a_cell_that_looks_itself_is_spared_the_walk():
    guard = Guard({})
    looking = guard.source(new_code_cell("def hidden_test():\n    assert 1\nhidden_test()"))
    alike = looking[:30] + "room)(1)"
    assert guard.canary(looking) == canary.canary(guard.proof, walked=True)
    assert guard.canary(alike) == canary.canary(guard.proof, walked=False)
    assert guard.canary(looking) != guard.canary(alike)
