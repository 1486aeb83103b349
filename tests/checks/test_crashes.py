"""PyTorch's own errors, as PyTorch raises them, and what a student is told to try."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from course_utils.checks.crashes import HINTS, NO_HINT, what_to_try


class NoSuper(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(1, 1)


def change_a_parameter():
    nn.Linear(2, 2).weight.add_(1)


def without_end():
    without_end()


def mean_of_bytes():
    torch.zeros(2, dtype=torch.uint8).mean()


ERRORS = {
    "tensors in a condition": (lambda: torch.ones(2) in [torch.zeros(2)], "torch.equal"),
    "a path as a name": (lambda: nn.Sequential().__getattr__("layer2.1"), "get_submodule"),
    "a path as a new name": (lambda: nn.Sequential().add_module("a.b", nn.ReLU()), "get_submodule"),
    "shapes in a sum": (lambda: torch.ones(2) + torch.ones(3), "shapes"),
    "shapes in a product": (lambda: torch.ones(2, 3) @ torch.ones(2, 3), "shapes"),
    "channels": (lambda: nn.Conv2d(3, 4, 1)(torch.ones(1, 2, 5, 5)), "shapes"),
    "shapes of many products": (lambda: torch.bmm(torch.ones(1, 2, 3), torch.ones(1, 2, 3)), "shapes"),
    "a product of bools": (lambda: torch.dot(torch.tensor([True]), torch.tensor([True])), ".float()"),
    "no end": (without_end, "what ends it"),
    "a division by zero": (lambda: 1 / 0, "divides by"),
    "None in the place of a layer": (lambda: nn.Linear(1, 1, bias=False).bias.numel(), "None"),
    "None in the place of a tensor": (lambda: torch.ones(2).copy_(None), "None"),
    "nothing recorded": (lambda: torch.ones(()).backward(), "recorded"),
    "a parameter in place": (change_a_parameter, "no_grad"),
    "numpy with a gradient": (lambda: nn.Linear(1, 1).weight.numpy(), ".detach()"),
    "whole numbers in place": (lambda: torch.zeros(2, dtype=torch.uint8).div_(255), ".float()"),
    "a mean of whole numbers": (mean_of_bytes, ".float()"),
    "bytes in a layer": (lambda: nn.Conv2d(1, 1, 1)(torch.zeros(1, 1, 2, 2).byte()), ".float()"),
    "k over all": (lambda: torch.ones(2).topk(3), "min(k, ...)"),
    "no super": (NoSuper, "super().__init__()"),
    "tensors of another model": (lambda: nn.Linear(1, 2).load_state_dict({}), "deepcopy"),
    "the length of an iterator": (lambda: len(iter([])), "go through it"),
    "a place in a generator": (lambda: nn.ReLU().parameters()[0], "go through it"),
}


@pytest.mark.parametrize("error", ERRORS)
def test_a_known_error_has_its_hint(error):
    fail, hint = ERRORS[error]
    with pytest.raises(Exception) as raised:
        fail()
    assert hint in what_to_try(raised.value)


def test_a_comparison_of_tensors_is_no_matter_of_shapes():
    params, others = [torch.zeros(3)], [torch.zeros(2)]
    with pytest.raises(RuntimeError) as raised:
        [p for p in params if p not in others]
    line = "rest = [p for p in model.parameters() if p not in head]"
    assert "by id(...)" in what_to_try(raised.value, line)
    assert "print the shapes" in what_to_try(raised.value, "x = x + shortcut")


def test_every_hint_is_told():
    told = []
    for fail, _ in ERRORS.values():
        with pytest.raises(Exception) as raised:
            fail()
        told.append(what_to_try(raised.value))
    assert set(told) == {hint for _, hint in HINTS}


def test_another_error_is_told_in_general():
    assert what_to_try(ValueError("no such colour")) == NO_HINT
