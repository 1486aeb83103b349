"""Names of functions and settings: all that changes what they do is in them, and no address in memory."""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial

import pytest
import torch

from course_utils.training.fingerprints import name_of


def padded(pad):
    return lambda x: x + pad


def applied(function):
    return lambda x: function(x)


def with_default(pad):
    def augment(x, pad=pad):
        return x + pad

    return augment


def with_keyword(pad):
    def augment(x, *, pad=pad):
        return x + pad

    return augment


def endless(step):
    def down(n):
        return down(n - step)

    return down


@dataclass
class Both:
    first: object


def test_a_function_is_known_by_its_defaults_and_the_variables_around_it():
    makers = [padded, with_default, with_keyword, endless]
    makers += [lambda pad, make=make: applied(make(pad)) for make in makers]
    makers += [lambda pad, form=form: form(padded(pad)) for form in (Both, partial, lambda f: [f])]
    for make in makers:
        assert name_of(make(4)) == name_of(make(4)) != name_of(make(8))


def test_a_variable_without_a_value_yet_is_no_error():
    def outer():
        def inner():
            return later

        name = name_of(inner)
        later = 1
        return name, later

    assert "inner#" in outer()[0]


SAID = """
import sys
sys.path.insert(0, {tests!r})
from torchvision.models import densenet121, vit_b_16
from course_utils.training.fingerprints import behaviour
from training.test_fingerprints import *
with torch.device("meta"):
    for build in (densenet121, vit_b_16):
        print(*behaviour(build()))
print(name_of([torch.relu, torch.Generator(), applied(padded(4)), Both(padded), lambda x: x in {{"a", "b", "c"}}]))
"""


@pytest.mark.slow
def test_names_are_the_same_in_every_process():
    script = SAID.format(tests=os.path.dirname(os.path.dirname(__file__)))
    names = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(names) == 1 and " at 0x" not in names.pop()
    assert name_of(torch.relu) != name_of(torch.tanh)
