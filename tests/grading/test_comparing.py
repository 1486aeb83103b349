"""Values compared outside: the same verdicts as in place, and nothing to read or to break in a student's kernel."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import math
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
from course_utils.grading.guard import comparing

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
    monkeypatch.setattr(values, "_publish", lambda messages: outputs.append(output(*messages)))
    return outputs


def output(*messages: object) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("display_data", data={values.MIME: json.dumps(messages)})


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
        patch.setattr(values, "_publish", outputs.extend)
        assert ends_well(comparing.for_reference(cells("graded")[id_], NONCE), ours(id_)), id_
    return outputs


def passes_outside(id_: str, names: dict, sent: list) -> bool:
    if not ends_well(comparing.for_student(cells("graded")[id_], NONCE), names):
        return False
    outputs = list(sent)
    assert comparing.settle(outputs, reference(id_), NONCE) is None
    return not outputs


@pytest.mark.parametrize("file, id_", BANK, ids=lambda value: getattr(value, "stem", value))
@pytest.mark.slow
def test_an_answer_fares_outside_as_in_place(file: Path, id_, sent):
    """What happens in place stands in an answer's first line, which test_answers.py holds."""
    answer = file.read_text(encoding="utf-8")
    fails = answer.splitlines()[0].removeprefix("# fails: ").split()
    assert passes_outside(id_, session(answer), sent) == (id_ not in fails)


@pytest.mark.slow
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


# Where the right answer to one of the inputs is that input, or a map of the model that each hook of it sees.
INPUTS = {
    "gradient_formula-1": "a",
    "kernel_resample-1": "weight kept",
    "kernel_resample-2": "weight kept",
    "capture-1": "map_in map_out",
}


@pytest.mark.slow
@pytest.mark.parametrize("id_", COMPARED)
def test_no_expected_value_is_in_the_students_process(id_, sent):
    """No name of the hidden test ever holds one, unless the answer itself gave it."""
    known = {"got", "mine", "value", "head"} | set(INPUTS.get(id_, "").split())
    telling = [message["value"] for message in reference(id_) if _is_telling(message["value"])]
    source, seen = comparing.for_student(cells("graded")[id_], NONCE), []
    looked_at = {}  # each value once for each name, and again at the end: it may have grown

    def trace(frame, event, _):
        if frame.f_code.co_filename != "<hidden>" or frame.f_code.co_name == "<genexpr>":
            return None
        for name, value in frame.f_locals.items():
            if name in known or (event == "line" and looked_at.get(name) is value):
                continue
            looked_at[name] = value
            if any(packed in telling for packed in _parts(value)):
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
    items = (
        value if isinstance(value, list | tuple) else value.values() if isinstance(value, dict) else [value]
    )
    return [values.pack(item) for item in list(items)[:20]]


def test_every_hidden_test_compares_outside():
    assert COMPARED == sorted(cells("graded"))


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -(10**30), 0.1, float("inf"), "text", [1, (2.5, "a")], {"a": [None]}, torch.ones(2, 3),
     torch.arange(4, dtype=torch.uint8), torch.tensor([1j]), np.float32([[1.5]]), torch.zeros(0, 3), torch.tensor(True)],
    ids=str,
)  # fmt: skip
def test_values_survive_the_way(value):
    packed = json.loads(json.dumps(values.pack(value)))
    assert values.alike(packed, values.pack(value))
    assert not values.alike(packed, values.pack("another"))


@pytest.mark.parametrize(
    "got, expected, tolerance, alike",
    [
        (1.0, 1.0 + 1e-9, {"atol": 1e-8}, True),
        (1.0, 1.1, {"rtol": 0.05}, False),
        (float("nan"), float("nan"), {}, True),
        (float("inf"), 1e300, {"rtol": 1e9}, False),
        (1, 1.0, {}, False),
        (True, 1, {}, False),
        (np.float64(1.0), 1.0, {}, False),
        ([1.0], (1.0,), {}, False),
        ([1, 2], [1, 2, 3], {}, False),
        ({"a": 1}, {"b": 1}, {}, False),
        ({"x": 1, "y": 2}, {"y": 2, "x": 1}, {}, True),
        ({"x": 1, "y": 2}, {"y": 1, "x": 2}, {}, False),
        ({"x": 1, "y": 2}, {"x": 1}, {}, False),
        ({(0, "a"): 1.0, -0.0: 2.0}, {0.0: 2.0 + 1e-9, (0, "a"): 1.0}, {"atol": 1e-8}, True),
        ({1.0: "a"}, {1.0 + 1e-9: "a"}, {"atol": 1e-8}, False),
        ({1: "a"}, {True: "a"}, {}, False),
        (10**400, 5, {}, False),
        (10**400, 10**400, {}, True),
        (10**400, math.inf, {}, False),
        ({"x": {"a": 1, "b": [2]}}, {"x": {"b": [2], "a": 1}}, {}, True),
        (torch.ones(3), torch.ones(3, dtype=torch.float64), {}, False),
        (torch.ones(3), torch.ones(1, 3), {}, False),
        (torch.ones(3), np.ones(3, dtype=np.float32), {}, False),
        (torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.001]), {"rtol": 1e-2}, True),
        (torch.tensor([1, 2]), torch.tensor([1, 3]), {"atol": 1.5}, True),
        (torch.tensor([True]), torch.tensor([False]), {}, False),
        (nn.Parameter(torch.ones(2)), torch.ones(2), {}, False),
        (object(), object(), {}, False),
    ],
)
def test_alike(got, expected, tolerance, alike):
    assert values.alike(values.pack(got), values.pack(expected), **tolerance) == alike
    if alike:
        values.same("equal", got, expected, **tolerance)
    else:
        with pytest.raises(AssertionError, match="^different$"):
            values.same("different", got, expected, **tolerance)


def test_a_key_that_was_sent_twice_stands_for_no_other():
    twice = {"type": "dict", "items": [[values.pack("x"), values.pack(1)]] * 2}
    assert not values.alike(twice, values.pack({"x": 1, "y": 1}))
    assert not values.alike(twice, values.pack({"x": 1}))


class AlwaysEqual(float):
    def __eq__(self, other):
        return True

    __hash__ = None


def test_an_overloaded_equality_is_never_asked():
    with pytest.raises(AssertionError):
        values.same("a number", AlwaysEqual(1), 1.0)


EXPECTED = [
    {"label": "first", "value": values.pack(1.5), "rtol": 0.0, "atol": 0.1},
    {"label": "second", "value": values.pack([1, 2]), "rtol": 0.0, "atol": 0.0},
]
TEXT = nbformat.v4.new_output("stream", name="stdout", text="chatty")


def messages(*got):
    return [output({"nonce": NONCE, "value": values.pack(value)}) for value in got]


def send_two_of(got):
    values.send(NONCE, got)
    values.send(NONCE, [1, len(got)])


def test_a_hidden_test_sends_all_its_values_in_one_output(sent):
    checks.hidden(lambda: send_two_of([1.5]))
    assert len(sent) == 1 and [m["value"] for m in json.loads(sent[0].data[values.MIME])] == [
        values.pack([1.5]),
        values.pack([1, 1]),
    ]
    values.send(NONCE, 2)
    assert len(sent) == 2


def test_a_hidden_test_that_fails_sends_nothing_and_the_next_one_only_its_own(sent):
    with pytest.raises(TypeError):
        checks.hidden(lambda: send_two_of(3))
    checks.hidden(lambda: values.send(NONCE, 4))
    assert [json.loads(output.data[values.MIME]) for output in sent] == [
        [{"nonce": NONCE, "value": values.pack(4)}]
    ]


def test_right_values_leave_no_trace():
    outputs = [TEXT, *messages(1.55, [1, 2])]
    assert comparing.settle(outputs, EXPECTED, NONCE) is None
    assert outputs == [TEXT]


def test_a_wrong_value_is_wrong_however_many_came():
    outputs = messages(2.5)
    assert comparing.settle(outputs, EXPECTED, NONCE) is None
    assert [o.evalue for o in outputs] == ["first"]


def test_a_wrong_value_is_an_error_before_everything_else():
    outputs = [
        TEXT,
        *messages(1.5, [2, 1]),
        nbformat.v4.new_output("execute_result", data={"text/plain": "2.0"}),
    ]
    assert comparing.settle(outputs, EXPECTED, NONCE) is None
    assert [o.output_type for o in outputs] == ["error", "stream", "execute_result"]
    assert outputs[0].evalue == "second"


@pytest.mark.parametrize(
    "outputs, reason",
    [
        (messages(1.5), "sent 1 of 2"),
        (messages(1.5, [1, 2], [1, 2]), "sent 3 of 2"),
        ([], "sent 0 of 2"),
        ([*messages(1.5), output({"nonce": "another", "value": values.pack([1, 2])})], "unreadable"),
        ([*messages(1.5), output([])], "unreadable"),
        ([*messages(1.5), nbformat.v4.new_output("display_data", data={values.MIME: "1"})], "unreadable"),
        ([*messages(1.5), output({"nonce": NONCE, "value": {"type": "list"}})], "unreadable"),
        ([*messages(1.5), output({"nonce": NONCE})], "unreadable"),
    ],
)
def test_missing_repeated_and_forged_values_are_for_a_person(outputs, reason):
    assert reason in comparing.settle(outputs, EXPECTED, NONCE)
    assert [o.output_type for o in outputs] == ["error"]


@pytest.mark.parametrize(
    "change",
    [
        {"dtype": "object"},
        {"shape": [7]},
        {"shape": "x"},
        {"data": "!"},
        {"data": "AAAA"},
        {"dtype": "float64"},
    ],
    ids=str,
)
def test_a_forged_array_is_refused(change):
    packed = values.pack(torch.ones(2))
    outputs = [output({"nonce": NONCE, "value": packed | change})]
    expected = [{"label": "array", "value": packed, "rtol": 0.0, "atol": 0.0}]
    comparing.settle(outputs, expected, NONCE)
    assert [o.output_type for o in outputs] == ["error"]


def test_values_from_a_cell_that_sends_none():
    outputs = messages(1.5)
    assert comparing.settle(outputs, None, NONCE) and outputs[0].output_type == "error"
    outputs = [TEXT]
    assert comparing.settle(outputs, None, NONCE) is None and outputs == [TEXT]


def test_a_cell_that_failed_has_failed():
    outputs = [*messages(1.5), nbformat.v4.new_output("error", ename="ValueError", evalue="", traceback=[])]
    assert comparing.settle(outputs, EXPECTED, NONCE) is None
    assert [o.ename for o in outputs] == ["ValueError"]


def test_expected_must_stand_third():
    with pytest.raises(CourseError, match="by position"):
        comparing.for_student("values.same('label', got, expected=3)", NONCE)


def test_other_cells_stay_as_they_are():
    for source in ("assert double(2) == 4", "%matplotlib inline\nx = 'values.other('"):
        assert comparing.for_student(source, NONCE) == comparing.for_reference(source, NONCE) == source


def test_our_own_failure_is_named():
    cell = nbformat.v4.new_code_cell("", metadata={"nbgrader": {"grade": True, "grade_id": "double-1"}})
    cell.outputs = [nbformat.v4.new_output("error", ename="AssertionError", evalue="why", traceback=[])]
    with pytest.raises(CourseError, match="double-1"):
        comparing.references(nbformat.v4.new_notebook(cells=[cell]), NONCE)
