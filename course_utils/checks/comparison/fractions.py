"""Check of exercise fair_frozen: what still trains under two meanings of "frozen"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn
from torchvision.models import AlexNet

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.models import freezing

Parts = tuple[nn.Module, nn.Module, nn.Module]  # model, classifier, last layer


def _count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def _fractions(model: nn.Module, classifier: nn.Module, last: nn.Module) -> tuple[float, float]:
    return _count(classifier) / _count(model), _count(last) / _count(model)


def _by_name(model: nn.Module, classifier: nn.Module, last: nn.Module) -> tuple[float, float]:
    named = sum(p.numel() for name, p in model.named_parameters() if "classifier" in name)
    return named / _count(model), _fractions(model, classifier, last)[1]


def _only_weights(model: nn.Module, *parts: nn.Module) -> tuple[float, ...]:
    def count(module):
        return sum(p.numel() for name, p in module.named_parameters() if name.endswith("weight"))

    return tuple(count(part) / count(model) for part in parts)


def _tensors(model: nn.Module, *parts: nn.Module) -> tuple[float, ...]:
    total = len(list(model.parameters()))
    return tuple(len(list(part.parameters())) / total for part in parts)


def _with_buffers(model: nn.Module, *parts: nn.Module) -> tuple[float, ...]:
    def count(module):
        return sum(t.numel() for t in module.state_dict().values())

    return tuple(count(part) / count(model) for part in parts)


def _now_trainable(model: nn.Module, *parts: nn.Module) -> tuple[float, ...]:
    def count(module):
        return sum(p.numel() for p in module.parameters() if p.requires_grad)

    return tuple(count(part) / _count(model) for part in parts)


MISTAKES = (
    Mistake(
        lambda *parts: tuple(100 * f for f in _fractions(*parts)),
        "these are per cent",
        "return fractions, 0 to 1",
    ),
    Mistake(
        lambda *parts: tuple(1 - f for f in _fractions(*parts)),
        "these are the fractions that are frozen",
        "count what stays trainable",
    ),
    Mistake(
        lambda *parts: _fractions(*parts)[::-1],
        "the two have changed places",
        "the classifier first, then the last layer",
    ),
    Mistake(
        lambda model, classifier, last: (
            _count(classifier) / _count(model),
            _count(last) / _count(classifier),
        ),
        "the last layer's share is taken of the classifier",
        "both are shares of the whole model",
    ),
    Mistake(
        lambda model, *parts: tuple(_count(p) / (_count(model) - _count(p)) for p in parts),
        "the share is taken of what is frozen",
        "divide by the parameters of the whole model",
    ),
    Mistake(_only_weights, "biases are left out", "go through all of module.parameters()"),
    Mistake(_tensors, "tensors are counted, not numbers", "add up p.numel()"),
    Mistake(
        _by_name,
        "names that hold 'classifier' were counted: here a frozen layer is called so, too",
        "go by the modules that are passed",
    ),
    Mistake(
        _with_buffers,
        "the running statistics of batch norm are counted: they are buffers, not parameters",
        "use parameters() rather than state_dict()",
    ),
    Mistake(
        _now_trainable,
        "what is frozen at the moment was left out: the question is what each definition would train",
        "do not ask for requires_grad",
    ),
)
OTHERWISE = ("these are other numbers", "print the name and numel() of every parameter")


def counts_alexnet(trainable_fractions):
    """AlexNet with ten classes."""
    with torch.device("meta"):
        model = AlexNet(num_classes=10)
    return _expect(trainable_fractions, lambda: (model, model.classifier, model.classifier[6]))


@needs(counts_alexnet)
def goes_by_modules(trainable_fractions):
    """modules elsewhere, with other names."""
    return _expect(trainable_fractions, _misleading)


@needs(goes_by_modules)
def ignores_the_present(trainable_fractions):
    """a model of which all is frozen already."""

    def frozen() -> Parts:
        parts = _misleading()
        parts[0].requires_grad_(False)
        return parts

    return _expect(trainable_fractions, frozen)


def leaves_the_model(trainable_fractions):
    """the model stays as it is."""
    parts = _misleading()
    parts[1][0].requires_grad_(False)
    before = [(name, p.requires_grad) for name, p in parts[0].named_parameters()]
    trainable_fractions(*parts)
    if [(name, p.requires_grad) for name, p in parts[0].named_parameters()] != before:
        likely, remedy = "something was frozen or thawed", "counting needs no requires_grad"
        raise Wrong("the same model", "another requires_grad", likely, remedy)


CASES = (counts_alexnet, goes_by_modules, ignores_the_present, leaves_the_model)


def fair_frozen(trainable_fractions) -> None:
    """Check the exercise on two meanings of frozen."""
    library = (freezing.count_parameters, freezing.freeze_backbone)
    run("trainable_fractions", CASES, trainable_fractions, library=library)


def _expect(trainable_fractions, make: Callable[[], Parts]) -> str:
    expected, got = _fractions(*make()), trainable_fractions(*make())
    if not isinstance(got, tuple | list) or len(got) != 2:
        remedy = "return the two fractions"
        raise Wrong("a pair of fractions", brief(got), *of_wrong_type(got, remedy))
    plain = all(type(value) is float for value in got)
    if plain and all(abs(a - b) <= 1e-9 for a, b in zip(got, expected)):
        return ", ".join(f"{value:.2%}" for value in expected)
    first = next((value for value in got if type(value) is not float), None)
    otherwise = OTHERWISE if plain else of_wrong_type(first, "return two floats")

    likely = otherwise
    if plain:
        likely = recognise(
            _off(got, expected),
            None,
            MISTAKES,
            lambda wrong: _off(wrong(*make()), expected),
            otherwise,
        )
    raise Wrong(brief(expected), brief(tuple(got)), *likely)


def _off(values: Sequence[float], expected: Sequence[float]) -> tuple[float, ...]:
    """How far off, in thousandths: biases are a small part of AlexNet."""
    return tuple(1000 * (value - right) for value, right in zip(values, expected))


def _misleading() -> Parts:
    """A network with norms whose frozen stem is called classifier, and whose head is called top."""
    last = nn.Linear(8, 3)
    top = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), last)
    model = nn.Sequential()
    model.add_module("classifier", nn.Conv2d(3, 4, 3))
    model.add_module("body", nn.Sequential(nn.BatchNorm2d(4), nn.Conv2d(4, 6, 3), nn.Flatten()))
    model.add_module("top", nn.ModuleDict({"inner": top}))
    return model, top, last
