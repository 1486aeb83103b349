"""Check of exercise probe_size: what a linear probe trains, counted without building anything."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import nn

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.models import building, freezing, heads

TOO_MANY = 10**15  # a head of so many classes cannot be built on any machine


def _numbers(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def _new(head: nn.Module, classes: int) -> int:
    return classes * (head.weight[0].numel() + (head.bias is not None))


def _rest(model: nn.Module, head: nn.Module) -> int:
    return _numbers(model) - _numbers(head)


def _fraction(model: nn.Module, head: nn.Module, classes: int) -> float:
    new = _new(head, classes)
    return new / (_rest(model, head) + new)


# Each gives the pair (trained, fraction).
MISTAKES = (
    Mistake(
        lambda model, head, classes: (_numbers(head), None),
        "this is the size of the old head",
        "the new head has num_classes outputs",
    ),
    Mistake(
        lambda model, head, classes: (classes * head.weight[0].numel(), None),
        "the bias is left out",
        "add one number for each class where the head has a bias",
    ),
    Mistake(
        lambda model, head, classes: (classes * (head.weight[0].numel() + 1), None),
        "a bias is counted that the head does not have",
        "look whether head.bias is None",
    ),
    Mistake(
        lambda model, head, classes: (classes * len(head.weight) + classes, None),
        "the old head's outputs are taken for its inputs: a linear weight is [outputs, inputs]",
        "take the size of one row of head.weight",
    ),
    Mistake(
        lambda model, head, classes: (_rest(model, head) + _new(head, classes), None),
        "this is all that the network has; a probe trains the head alone",
        "count the numbers of the new head",
    ),
    Mistake(
        lambda model, head, classes: (None, _new(head, classes) / _numbers(model)),
        "the share is taken of the network with its old head",
        "take the old head's numbers off, and add the new one's",
    ),
    Mistake(
        lambda model, head, classes: (None, _new(head, classes) / _rest(model, head)),
        "the share is taken of the backbone",
        "the network with its new head is backbone + head",
    ),
    Mistake(
        lambda model, head, classes: (None, 100 * _fraction(model, head, classes)),
        "the share is in per cent",
        "return a fraction, 0 to 1",
    ),
)
OTHERWISE = ("this is another number", "print the name and numel() of every parameter")
NOT_PLAIN = "the first is an int, the second a float"


def counts_resnet18(probe_size):
    """ResNet-18 and ten classes: 5,130 numbers."""
    with torch.device("meta"):
        model = building.zoo.resnet18(num_classes=1000)
    _expect(probe_size, lambda: (model, model.fc, 10), 0)
    return "5,130"


@needs(counts_resnet18)
def takes_other_heads(probe_size):
    """a 1x1 convolution, and a head without a bias."""
    _expect(probe_size, lambda: (*_with_head(nn.Conv2d(6, 9, 1)), 4), 0)
    _expect(probe_size, lambda: (*_with_head(nn.Linear(6, 9, bias=False)), 4), 0)


@needs(counts_resnet18)
def gives_the_share(probe_size):
    """its share of the network with the new head."""
    _expect(probe_size, lambda: (*_with_head(nn.Linear(6, 50)), 4), 1)


@needs(counts_resnet18)
def builds_nothing(probe_size):
    """10^15 classes: only counted, not built."""
    model, head = _with_head(nn.Linear(6, 9))
    try:
        got = probe_size(model, head, TOO_MANY)
    except NotImplementedError:
        raise
    except (RuntimeError, MemoryError) as problem:
        told = str(problem).splitlines()[0]
        remedy = "compute the number from the shape of head.weight"
        raise Wrong("a count", told, "a layer is built only to be counted", remedy) from problem
    expected = _new(head, TOO_MANY)
    if got[0] != expected:
        raise Wrong(brief(expected), brief(got[0]), "the count is rounded", "stay with int")


def leaves_the_model(probe_size):
    """the model stays as it is."""
    model, head = _with_head(nn.Linear(6, 9))
    model.requires_grad_(False)
    before = copy.deepcopy(model)
    probe_size(model, head, 4)
    same = _described(model) == _described(before)
    if not same or head not in list(model.modules()):
        remedy = "counting needs no new head and no freezing"
        raise Wrong("the same network", "another one", "layers or requires_grad were changed", remedy)


CASES = (counts_resnet18, takes_other_heads, gives_the_share, builds_nothing, leaves_the_model)


def probe_size(probe_size) -> None:
    """Check the exercise on what a linear probe trains."""
    library = (heads.replace_head, freezing.freeze_backbone, freezing.count_parameters)
    run("probe_size", CASES, probe_size, library=library)


def _expect(probe_size, make: Callable[[], tuple[nn.Module, nn.Module, int]], part: int) -> None:
    model, head, classes = make()
    expected = (_new(head, classes), _fraction(model, head, classes))
    given = probe_size(model, head, classes)
    if not isinstance(given, tuple | list) or len(given) != 2:
        remedy = "end in `return trained, fraction`"
        raise Wrong("a pair (count, fraction)", brief(given), *of_wrong_type(given, remedy))
    kinds = (type(given[0]) is int, type(given[1]) is float)
    if kinds[part] and abs(given[part] - expected[part]) <= 1e-9 * expected[part]:
        return
    otherwise = OTHERWISE if kinds[part] else of_wrong_type(given[part], NOT_PLAIN)
    likely = recognise(given[part], expected[part], MISTAKES, lambda wrong: wrong(*make())[part], otherwise)
    raise Wrong(brief(expected[part]), brief(given[part]), *likely)


def _with_head(head: nn.Module) -> tuple[nn.Module, nn.Module]:
    """A small network that ends in ``head``; its first layer is called fc."""
    model = nn.Sequential()
    model.add_module("fc", nn.Conv2d(3, 6, 3))
    model.add_module("norm", nn.BatchNorm2d(6))
    model.add_module("top", nn.Sequential(nn.Flatten(), head))
    return model, head


def _described(model: nn.Module) -> list[tuple]:
    return [(n, tuple(p.shape), p.requires_grad, p.sum().item()) for n, p in model.named_parameters()]
