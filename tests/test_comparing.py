"""Values compared outside: the same verdicts as in place, and nothing to read or to break in a student's kernel."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import random
import sys
import warnings
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from exercises import ROOT, cells
from torch import nn

from course_utils import checks, values
from course_utils.errors import CourseError
from course_utils.grading import comparing

NONCE = "a nonce"
COMPARED = sorted(id_ for id_, source in cells("graded").items() if comparing.compares(source))
BANK = [
    (file, id_)
    for file in sorted((ROOT / "tests" / "answers").glob("*/*.py"))
    for id_ in COMPARED
    if id_.rpartition("-")[0] == file.parent.name
]


@pytest.fixture
def sent(monkeypatch):
    """Outputs of what hidden tests send in this process."""
    outputs = []
    monkeypatch.setattr(values, "_publish", lambda message: outputs.append(output(message)))
    return outputs


def output(message: object, mime: str = values.MIME) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("display_data", data={mime: json.dumps(message)})


def session(answer: str) -> dict:
    """The names of a notebook behind its answer cell."""
    names = {"__name__": "__main__", "torch": torch, "F": F, "nn": nn, "checks": checks}
    exec(compile(answer, "<answer>", "exec"), names)
    return names


def ours(id_: str) -> dict:
    return session(cells("answer")[id_.rpartition("-")[0]])


def ends_well(source: str, names: dict) -> bool:
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(record=True):
        try:
            exec(compile(source, "<hidden>", "exec"), dict(names))
        except Exception:
            return False
    return True


@functools.cache
def reference(id_: str) -> list[dict]:
    """What a cell expects."""
    outputs = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values, "_publish", outputs.append)
        assert ends_well(comparing.for_reference(cells("graded")[id_], NONCE), ours(id_)), id_
    return outputs


def passes_outside(id_: str, names: dict, sent: list) -> bool:
    if not ends_well(comparing.for_student(cells("graded")[id_], NONCE), names):
        return False
    outputs = list(sent)
    assert comparing.settle(outputs, reference(id_), NONCE) is None
    return not outputs


@pytest.mark.parametrize("file, id_", BANK, ids=lambda value: getattr(value, "stem", value))
def test_an_answer_fares_outside_as_in_place(file: Path, id_, sent):
    """What happens in place stands in an answer's first line, which test_answers.py holds."""
    answer = file.read_text(encoding="utf-8")
    fails = answer.splitlines()[0].removeprefix("# fails: ").split()
    assert passes_outside(id_, session(answer), sent) == (id_ not in fails)


@pytest.mark.parametrize("id_", COMPARED)
def test_inputs_do_not_depend_on_random_numbers_that_an_answer_draws(id_, sent):
    def unsettled(function):
        @functools.wraps(function)
        def drawing(*args, **kwargs):
            torch.rand(7), random.random(), np.random.rand()
            return function(*args, **kwargs)

        return drawing

    names = ours(id_)
    made_here = {k: v for k, v in names.items() if getattr(v, "__module__", "") == "__main__"}
    assert made_here
    for name, thing in made_here.items():
        if isinstance(thing, type):
            thing.__init__ = unsettled(thing.__init__)
        else:
            names[name] = unsettled(thing)
    assert passes_outside(id_, names, sent)


# Where the right answer to one of the inputs is that input.
INPUTS = {"gradient_formula-1": "a", "kernel_resample-1": "weight kept", "kernel_resample-2": "weight kept"}


@pytest.mark.parametrize("id_", COMPARED)
def test_no_expected_value_is_in_the_students_process(id_, sent):
    """No name of the hidden test ever holds one, unless the answer itself gave it."""
    known = {"got", "mine", "value", "head"} | set(INPUTS.get(id_, "").split())
    telling = [message["value"] for message in reference(id_) if _is_telling(message["value"])]
    source, seen = comparing.for_student(cells("graded")[id_], NONCE), []

    def trace(frame, event, _):
        if frame.f_code.co_filename != "<hidden>" or frame.f_code.co_name == "<genexpr>":
            return None
        for name, value in frame.f_locals.items():
            if name not in known and any(packed in telling for packed in _parts(value)):
                seen.append(name)
        return trace

    sys.settrace(trace)
    try:
        assert ends_well(source, ours(id_))
    finally:
        sys.settrace(None)
    assert not seen
    assert "values.same" not in source


def _is_telling(packed: dict) -> bool:
    """Whether a value is too particular to turn up by chance."""
    if packed["type"] in ("tensor", "ndarray"):
        return len(packed["data"]) > 40 and packed["dtype"].startswith("float")
    if packed["type"] == "float":
        return len(repr(float.fromhex(packed["value"]))) > 12
    return packed["type"] == "int" and packed["value"] > 9999


def _parts(value: object) -> list[dict]:
    items = value if isinstance(value, list | tuple) else value.values() if isinstance(value, dict) else [value]
    return [values.pack(item) for item in list(items)[:20]]
