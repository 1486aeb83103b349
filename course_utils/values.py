"""Values as plain data: compared in a hidden test, or sent out of the kernel to be compared there.

A hidden test says ``values.same("what was compared", got, expected, rtol=1e-4)``. Under stock nbgrader that
compares here and now. `course grade` turns the call into :func:`send` before the cell reaches the
student's kernel, so that ``expected`` is never there; :mod:`course_utils.grading.guard.comparing` tells how.
Both ways end in :func:`alike`, which sees nothing but plain data: no ``==`` of a student's own is called.

This module needs no torch, because the grader compares with it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

MIME = "application/vnd.course.value"
# What an array may hold; no objects, so that reading one runs nobody's code.
DTYPES = frozenset("bool uint8 int8 int16 int32 int64 float16 float32 float64 complex64 complex128".split())
_gathered: list[list[dict]] = []  # what is to be sent at the end of each `in_one_output` that has begun


def same(label: str, got: object, expected: object, *, rtol: float = 0.0, atol: float = 0.0) -> None:
    """Compare what a student's function gave with what it should give.

    Type, dtype, shape, length and keys must be equal, the keys of a dict in any order; numbers may differ by
    ``atol + rtol * |expected|``. NaN equals NaN. Only None, bool, int, float, str, tensors, arrays, and
    lists, tuples and dicts of these can be equal, and none of a subclass. To accept any dtype compare
    ``got.tolist()``.

    Args:
        label: says what was compared; a student never sees more of a hidden test.
        expected: may come from inline code, from names assigned once, or from functions inside of the hidden
            test that serve nothing else: that is what `course grade` takes out. It must draw no random
            numbers, and depend on the cell alone, not on ``got``.

    Raises:
        AssertionError: with the label, if they differ.
    """
    if not alike(pack(got), pack(expected), rtol=rtol, atol=atol):
        raise AssertionError(label)


def send(nonce: str, got: object) -> None:
    """Send a value to the grader, as an output that notebooks do not show."""
    _send({"nonce": nonce, "value": pack(got)})


def reveal(
    nonce: str, label: str, got: object, expected: object, *, rtol: float = 0.0, atol: float = 0.0
) -> None:
    """Where our own answers run: send what is expected, which these must also give."""
    same(label, got, expected, rtol=rtol, atol=atol)
    value = pack(expected)
    _send({"nonce": nonce, "label": label, "value": value, "rtol": rtol, "atol": atol})


@contextlib.contextmanager
def in_one_output() -> Iterator[None]:
    """Send at the end of this block, as one output, what is sent inside; nothing if it raises.

    Each output costs the kernel and the grader about a millisecond, and a hidden test has up to 36 values.
    """
    messages: list[dict] = []
    _gathered.append(messages)
    try:
        yield
    finally:
        _gathered.pop()
    if messages:
        _publish(messages)


def pack(value: Any) -> dict:
    """A value as plain data that JSON can hold, digit for digit; what cannot be sent has only a type."""
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return {"type": kind.__name__, "value": value}
    if kind is float:
        return {"type": "float", "value": value.hex()}
    if kind in (list, tuple):
        return {"type": kind.__name__, "items": [pack(item) for item in value]}
    if kind is dict:
        return {"type": "dict", "items": [[pack(key), pack(item)] for key, item in value.items()]}
    if kind is np.ndarray:
        return _pack_array("ndarray", value)
    torch = sys.modules.get("torch")  # without torch there are no tensors
    if torch and kind is torch.Tensor and value.layout is torch.strided:
        plain = value.detach().cpu().resolve_conj().resolve_neg()
        if plain.dtype is not torch.bfloat16 and plain.device.type == "cpu":
            return _pack_array("tensor", plain.numpy())
    return {"type": f"another type: {kind.__module__}.{kind.__qualname__}"}


def alike(got: dict, expected: dict, *, rtol: float = 0.0, atol: float = 0.0) -> bool:
    """Whether two packed values are equal within the tolerance; see :func:`same`.

    Raises:
        Exception: of many kinds, if ``got`` is not what :func:`pack` makes.
    """
    kind = expected["type"]
    if got["type"] != kind:
        return False
    if kind in ("NoneType", "bool", "str"):
        return type(got["value"]) is type(expected["value"]) and got["value"] == expected["value"]
    if kind == "int":
        return _near(int(got["value"]), int(expected["value"]), rtol, atol)
    if kind == "float":
        return _near(float.fromhex(got["value"]), float.fromhex(expected["value"]), rtol, atol)
    if kind in ("ndarray", "tensor"):
        return _arrays_alike(_unpack_array(got), _unpack_array(expected), rtol, atol)
    if kind not in ("list", "tuple", "dict") or len(got["items"]) != len(expected["items"]):
        return False
    if kind == "dict":
        return _dicts_alike(got["items"], expected["items"], rtol, atol)
    return all(alike(a, b, rtol=rtol, atol=atol) for a, b in zip(got["items"], expected["items"]))


def _dicts_alike(got: list, expected: list, rtol: float, atol: float) -> bool:
    """Pairs of packed keys and values: equal keys, in any order, and values within the tolerance."""
    left = list(got)
    for key, value in expected:
        place = next((i for i, (other, _) in enumerate(left) if alike(other, key)), None)
        if place is None or not alike(left.pop(place)[1], value, rtol=rtol, atol=atol):
            return False
    return True


def _pack_array(kind: str, array: np.ndarray) -> dict:
    dtype = array.dtype.name
    if dtype not in DTYPES:
        return {"type": f"another type: {kind} of {dtype}"}
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"type": kind, "dtype": dtype, "shape": list(array.shape), "data": data}


def _unpack_array(packed: dict) -> np.ndarray:
    if packed["dtype"] not in DTYPES:
        raise ValueError(f"an array of {packed['dtype']}")
    data = base64.b64decode(packed["data"], validate=True)
    return np.frombuffer(data, dtype=packed["dtype"]).reshape(packed["shape"])


def _arrays_alike(got: np.ndarray, expected: np.ndarray, rtol: float, atol: float) -> bool:
    if got.dtype != expected.dtype or got.shape != expected.shape:
        return False
    if got.dtype.kind in "biu" and not rtol and not atol:
        return bool(np.array_equal(got, expected))
    if got.dtype.kind in "biu" or got.dtype == np.float16:  # a bool has no difference, a half overflows
        got, expected = got.astype(np.float64), expected.astype(np.float64)
    return bool(np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True).all())


def _near(got: float, expected: float, rtol: float, atol: float) -> bool:
    """Equal numbers, infinities included; NaN equals NaN."""
    if got == expected:
        return True
    if max(abs(got), abs(expected)) > sys.float_info.max and math.inf not in (abs(got), abs(expected)):
        return False  # whole numbers that no float holds
    if not math.isfinite(got) or not math.isfinite(expected):
        return math.isnan(got) and math.isnan(expected)
    return abs(got - expected) <= atol + rtol * abs(expected)


def _send(message: dict) -> None:
    if _gathered:
        _gathered[-1].append(message)
    else:
        _publish([message])


def _publish(messages: list[dict]) -> None:
    from IPython import get_ipython
    from IPython.display import publish_display_data

    if getattr(getattr(get_ipython(), "display_pub", None), "_hooks", None):
        raise RuntimeError("a hook in this notebook may change what is shown; leave that out")
    publish_display_data({MIME: json.dumps(messages)})
