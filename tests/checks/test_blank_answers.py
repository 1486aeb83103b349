"""What says nothing earns nothing: blank-like answers get no point of any hidden test."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import warnings

import pytest
import torch
from exercises import cells, hidden_tests
from test_answers import _run
from torch import nn

BLANKS = {
    "none": "return None",
    "an empty dict": "return {}",
    "an empty list": "return []",
    "nought": "return 0",
    "one": "return 1.0",
    "true": "return True",
    "what came first": "return args[0] if args else None",
    "all that came": "return args",
    "zeros like it": "return torch.zeros_like(args[0]) if isinstance(args[0], torch.Tensor) else 0.0",
    "what the model says": (
        "models = [a for a in args if isinstance(a, nn.Module)]\n"
        "    tensors = [a for a in args if isinstance(a, torch.Tensor)]\n"
        "    return models[0](tensors[0]) if models and tensors else None"
    ),
}
KEYS = sorted(cells("answer"))


def blank(key: str, body: str) -> dict:
    """The names of our own answer, each function and class of it replaced by one that does next to nothing."""
    room = {"torch": torch, "nn": nn}
    exec(f"def empty(*args, **kwargs):\n    {body}", room)
    exec(f"class Empty(nn.Module):\n    def __init__(self, *args, **kwargs):\n        super().__init__()\n"
         f"    def forward(self, *args, **kwargs):\n        {body.replace(chr(10), chr(10) + '    ')}", room)  # fmt: skip
    names = _run(cells("answer")[key])
    for name, thing in list(names.items()):
        if inspect.isfunction(thing) and thing.__code__.co_filename == "<cell>":
            names[name] = room["empty"]
        elif inspect.isclass(thing) and not thing.__module__.startswith(("torch", "course_utils")):
            names[name] = room["Empty"]
    return names


def points(source: str, names: dict) -> float | None:
    """What a graded cell gives: 0 for an error, None for all points, else the number that it shows."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    room = dict(names)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(record=True):
        try:
            exec(compile(tree, "<hidden>", "exec"), room)
            return eval(compile(ast.Expression(last.value), "<hidden>", "eval"), room) if last else None
        except Exception:
            return 0.0


@pytest.mark.parametrize("body", BLANKS)
@pytest.mark.parametrize("key", KEYS)
def test_nothing_for_nothing(key, body):
    names = blank(key, BLANKS[body])
    given = {id_: points(source, names) for id_, source in hidden_tests(key).items()}
    assert {id_: value for id_, value in given.items() if value != 0} == {}
