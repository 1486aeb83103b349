"""Check of exercise fair_frozen: what still trains under two meanings of "frozen"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import nn
from torchvision.models import AlexNet

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, few, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.checks.unchanged import Kept
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


def _layer_by_layer(model: nn.Module, *parts: nn.Module) -> tuple[float, ...]:
    def count(module):
        return sum(p.numel() for m in module.modules() for p in m.parameters(recurse=False))

    return tuple(count(part) / count(model) for part in parts)


def _outside_takes_it(model: nn.Module, *parts: nn.Module) -> tuple[float, ...]:
    def count(part):
        inside = set(part.modules())
        rest = {p for m in model.modules() if m not in inside for p in m.parameters(recurse=False)}
        return sum(p.numel() for p in model.parameters() if p not in rest)

    return tuple(count(part) / _count(model) for part in parts)


def _every_level(model: nn.Module, *parts: nn.Module) -> tuple[float, ...]:
    def count(module):
        return sum(_count(m) for m in module.modules())

    return tuple(count(part) / count(model) for part in parts)


def _innermost(model: nn.Module, *parts: nn.Module, once: bool = True) -> tuple[float, ...]:
    def count(module):
        layers = [m for m in module.modules() if not list(m.children())]
        found = [p for layer in layers for p in layer.parameters()]
        return sum(p.numel() for p in (set(found) if once else found))

    return tuple(count(part) / count(model) for part in parts)


def _children(model: nn.Module, classifier: nn.Module, last: nn.Module) -> tuple[float, float]:
    """The children of the classifier in its place."""
    return sum(map(_count, classifier.children())) / _count(model), _count(last) / _count(model)


def _end_of_classifier(model: nn.Module, classifier: nn.Module, last: nn.Module) -> tuple[float, float]:
    layers = [m for m in classifier.modules() if not list(m.children())]
    return _fractions(model, classifier, layers[-1])


def _by_beginning(model: nn.Module, *parts: nn.Module) -> tuple[float, ...]:
    paths = {module: name for name, module in model.named_modules()}
    return tuple(
        sum(p.numel() for name, p in model.named_parameters() if name.startswith(paths[part])) / _count(model)
        for part in parts
    )


def _trainable(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


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
        lambda model, classifier, last: (
            (_count(classifier) - _count(last)) / _count(model),
            _count(last) / _count(model),
        ),
        "the last layer is left out of the classifier, in which it lies",
        "count all of the classifier",
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
    Mistake(
        lambda model, classifier, last: (_count(classifier), _count(last)),
        "these are numbers of parameters, not fractions",
        "divide by the parameters of the whole model",
    ),
    Mistake(
        lambda model, classifier, last: (
            _fractions(model, classifier, last)[0],
            last.weight.numel() / _count(model),
        ),
        "biases are left out",
        "go through all of module.parameters()",
    ),
    Mistake(
        lambda model, classifier, last: (
            _count(classifier) / _count(model),
            sum(p.numel() for p in last.parameters(recurse=False)) / _count(model),
        ),
        "`last` was taken for a single layer: what lies in the modules inside of it is left out",
        "go through all of last.parameters(), as for `classifier`",
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
        _layer_by_layer,
        "a tensor that two layers share is counted twice",
        "go through module.parameters(), which names it once",
    ),
    Mistake(
        _outside_takes_it,
        "a tensor that a layer outside shares is left out: it lies in the module, too",
        "count what the module's parameters() names",
    ),
    Mistake(
        _every_level,
        "each number is counted again for every module that it lies in",
        "go through module.parameters() once: it reaches all levels",
    ),
    *(
        Mistake(
            inside,
            "parameters that belong to a module itself, not to a layer inside of it, are left out",
            "go through module.parameters(): it finds all of them",
        )
        for inside in (_innermost, _children)
    ),
    Mistake(
        partial(_innermost, once=False),
        "what a module holds itself, beside its layers, is left out, and a shared tensor is counted twice",
        "go through module.parameters(): it finds all of them, each once",
    ),
    Mistake(
        _end_of_classifier,
        "the last layer of `classifier` was taken for `last`, which may be any module of the model",
        "count the parameters of `last`",
    ),
    Mistake(
        _by_beginning,
        "parameters were found by the beginning of their names: another module's name may begin so, too",
        "go by the modules that are passed",
    ),
    *(
        Mistake(
            lambda *parts, digits=digits: tuple(round(f, digits) for f in _fractions(*parts)),
            "the fractions are rounded",
            "return them as they are; round where they are printed",
        )
        for digits in (2, 3, 4)
    ),
    Mistake(
        lambda model, *parts: tuple(_count(part) / (_trainable(model) or 1) for part in parts),
        "the share is taken of what is trainable at the moment",
        "divide by all parameters of the model, frozen or not",
    ),
    *(
        Mistake(
            lambda model, *parts, total=total: tuple(
                _trainable(part) / (total(model) or 1) for part in parts
            ),
            "what is frozen at the moment was left out: the question is what each definition would train",
            "do not ask for requires_grad",
        )
        for total in (_count, _trainable)
    ),
)
OTHERWISE = ("none of the usual mistakes explains this", "print the name and numel() of every parameter")


def counts_alexnet(trainable_fractions):
    """AlexNet with ten classes."""
    with torch.device("meta"):
        model = AlexNet(num_classes=10)
    return _expect(trainable_fractions, lambda: (model, model.classifier, model.classifier[6]))


@needs(counts_alexnet)
def goes_by_modules(trainable_fractions):
    """modules elsewhere, with other names."""

    def another_last() -> Parts:
        model, part, _ = _misleading()
        return model, part, model.get_submodule("body.1")

    def a_container_last() -> Parts:
        model, part, _ = _misleading()
        return model, part, model.get_submodule("body")

    _expect(trainable_fractions, another_last)
    _expect(trainable_fractions, a_container_last)
    return _expect(trainable_fractions, _misleading)


@needs(goes_by_modules)
def ignores_the_present(trainable_fractions):
    """a model of which a part, or all, is frozen already."""

    def frozen() -> Parts:
        parts = _misleading()
        parts[0].requires_grad_(False)
        return parts

    def partly_frozen() -> Parts:
        parts = _misleading()
        parts[0].get_submodule("classifier").requires_grad_(False)
        parts[2].requires_grad_(False)
        return parts

    _expect(trainable_fractions, partly_frozen)
    return _expect(trainable_fractions, frozen)


def leaves_the_model(trainable_fractions):
    """the model stays as it is."""
    parts = _misleading()
    parts[1].get_submodule("body.0").requires_grad_(False)
    for p in parts[0].parameters():
        p.grad = torch.zeros_like(p)
    kept = Kept(parts[0])
    trainable_fractions(*parts)
    if changed := kept.changes():
        remedy = "counting changes nothing: no requires_grad, no mode, no attribute of a module"
        raise Wrong("the same model", f"changed: {few(changed)}", "the model was changed to count", remedy)


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
    if plain and all(abs(a - b) <= 1e-6 * b for a, b in zip(got, expected)):
        return ", ".join(f"{value:.2%}" for value in expected)
    first = next((value for value in got if type(value) is not float), None)
    otherwise = OTHERWISE if plain else of_wrong_type(first, "return two floats")
    if type(first) is int and not any(got):
        otherwise = "the division is one of whole numbers, which leaves 0", "divide with /, not with //"

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


class Part(nn.Module):
    """A head with a parameter of its own beside its layers."""

    def __init__(self, last: nn.Linear):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(8))
        self.body = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), last)


def _misleading() -> Parts:
    """A network whose stem is called classifier, and whose head lies beside `part_norm`.

    The first layer of the head shares its weight with a layer outside.
    """
    last = nn.Linear(8, 3)
    part = Part(last)
    model = nn.Sequential()
    model.add_module("classifier", nn.Conv2d(3, 4, 3))
    model.add_module("body", nn.Sequential(nn.BatchNorm2d(4), nn.Conv2d(4, 6, 3), nn.Flatten()))
    twin = nn.Linear(6, 8, bias=False)
    model.add_module("twin", twin)
    model.add_module("top", nn.ModuleDict({"part": part, "part_norm": nn.LayerNorm(8)}))
    twin.weight = part.get_parameter("body.0.weight")
    return model, part, last
