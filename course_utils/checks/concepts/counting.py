"""Check of exercise probe_size: what a linear probe trains, counted without building anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn
from torchvision.models import resnet18

from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, few, of_wrong_type
from course_utils.checks.report import Wrong
from course_utils.checks.trials import Trial, expect
from course_utils.checks.unchanged import Kept
from course_utils.models import freezing, heads

Head = nn.Linear | nn.Conv2d
Make = Callable[..., tuple[nn.Module, Head, int]]  # model, its head, number of classes
TOO_MANY = 10**15 + 1  # a head of so many classes cannot be built on any machine; no float has all its digits


def _numbers(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def _numbers_of(bias: nn.Parameter | None) -> int:
    return 0 if bias is None else bias.numel()


def _new(head: Head, classes: int) -> int:
    return classes * (head.weight[0].numel() + (head.bias is not None))


def _rest(model: nn.Module, head: Head) -> int:
    return _numbers(model) - _numbers(head)


def _fraction(model: nn.Module, head: Head, classes: int) -> float:
    return _share_of(_rest(model, head), head, classes)


def _share_of(rest: int, head: Head, classes: int) -> float:
    return _new(head, classes) / (rest + _new(head, classes))


def _trainable(model: nn.Module, head: Head) -> int:
    """Trainable numbers outside of the head."""
    own = {id(p) for p in head.parameters()}
    return sum(p.numel() for p in model.parameters() if p.requires_grad and id(p) not in own)


def _trainable_less_head(model: nn.Module, head: Head) -> int:
    """The head's numbers taken off those that are trainable, also if it is frozen."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad) - _numbers(head)


def _stored(model: nn.Module, head: Head) -> int:
    return sum(t.numel() for t in model.state_dict().values()) - _numbers(head)


def _layer_by_layer(model: nn.Module, head: Head) -> int:
    return sum(p.numel() for _, p in model.named_parameters(remove_duplicate=False)) - _numbers(head)


def _module_by_module(model: nn.Module, head: Head) -> int:
    return sum(p.numel() for m in model.modules() for p in m.parameters(recurse=False)) - _numbers(head)


def _in_layers(model: nn.Module, head: Head) -> int:
    layers = (m for m in model.modules() if isinstance(m, nn.Linear | nn.Conv2d | nn.BatchNorm2d))
    return sum(map(_numbers, layers)) - _numbers(head)


def _if_trainable(model: nn.Module, head: Head, classes: int) -> tuple[int, float]:
    """Both numbers where a frozen weight or bias of the old head has none in the new one."""
    new = sum(classes * p[0].numel() for p in head.parameters() if p.requires_grad)
    return new, new / (_rest(model, head) + new)


def _of_other_shapes(model: nn.Module, head: nn.Module) -> int:
    shapes = {p.shape for p in head.parameters()}
    return sum(p.numel() for p in model.parameters() if p.shape not in shapes)


def _last_layer(model: nn.Module) -> Head:
    return [m for m in model.modules() if isinstance(m, nn.Linear | nn.Conv2d)][-1]


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
        lambda model, head, classes: (head.weight.numel() + classes, None),
        "the weight of the old head is counted, which has another number of outputs",
        "num_classes times the size of one row of head.weight",
    ),
    Mistake(
        lambda model, head, classes: (classes * head.weight[0].numel() + _numbers_of(head.bias), None),
        "the bias of the old head is counted, which has another number of outputs",
        "a bias has one number for each class: num_classes",
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
        lambda model, head, classes: (
            None,
            _new(head, classes) / (_numbers(model) + _new(head, classes)),
        ),
        "the old head is still counted, beside the new one",
        "take the old head's numbers off",
    ),
    Mistake(
        lambda model, head, classes: (None, _new(head, classes) / _rest(model, head)),
        "the share is taken of the backbone",
        "the network with its new head is backbone + head",
    ),
    *(
        Mistake(
            lambda model, head, classes, rest=rest: (None, _share_of(rest(model, head), head, classes)),
            "frozen parameters are left out of the network",
            "count all parameters, whether they are trained or not",
        )
        for rest in (_trainable, _trainable_less_head)
    ),
    Mistake(
        _if_trainable,
        "the old head's numbers count only where it is trainable; a frozen one is replaced as well",
        "the new head trains, whatever the old one did",
    ),
    Mistake(
        lambda model, head, classes: (None, _share_of(_stored(model, head), head, classes)),
        "buffers, such as running statistics, are counted as parameters",
        "go through model.parameters(); state_dict() has buffers, too",
    ),
    Mistake(
        lambda model, head, classes: (None, _share_of(_layer_by_layer(model, head), head, classes)),
        "a layer that is used twice is counted twice",
        "go through model.parameters(): it gives each one once",
    ),
    Mistake(
        lambda model, head, classes: (None, _share_of(_module_by_module(model, head), head, classes)),
        "a tensor that two layers share is counted twice",
        "go through model.parameters(): it gives each one once",
    ),
    Mistake(
        lambda model, head, classes: (None, _share_of(_in_layers(model, head), head, classes)),
        "parameters that lie in no Linear, Conv2d or norm layer are left out",
        "go through model.parameters(), not through layers",
    ),
    Mistake(
        lambda model, head, classes: (None, _share_of(_of_other_shapes(model, head), head, classes)),
        "another layer, whose tensors have the shapes of the head's, is left out with it",
        "take the head's own numbers off: head.parameters()",
    ),
    Mistake(
        lambda model, head, classes: (
            None,
            len([*head.parameters()]) / len([*model.parameters()]),
        ),
        "tensors are counted, not numbers",
        "add up p.numel()",
    ),
    Mistake(
        lambda model, head, classes: (None, round(_fraction(model, head, classes), 4)),
        "the fraction is rounded",
        "return it with all its digits",
    ),
    Mistake(
        lambda model, head, classes: tuple(
            of(model, _last_layer(model), classes) for of in (lambda _, h, c: _new(h, c), _fraction)
        ),
        "another layer than `head` is looked at: the last one of the model",
        "use the argument head",
    ),
    Mistake(
        lambda model, head, classes: (None, 100 * _fraction(model, head, classes)),
        "the share is in per cent",
        "return a fraction, 0 to 1",
    ),
)
COUNT = "print the name and numel() of every parameter, and add them up by hand"
COUNTING_ONLY = "counting needs no new head, no freezing and no other mode"


def counts_resnet18(probe_size):
    """ResNet-18 and ten classes: 5,130 numbers."""

    def make():
        with torch.device("meta"):
            model = resnet18(num_classes=1000)
        return model, model.fc, 10

    return f"{_expect(probe_size, [make], 0)[0]:,}"


@needs(counts_resnet18)
def takes_other_heads(probe_size):
    """a 1x1 convolution, and a head without a bias."""
    layers = (
        nn.Linear(6, 9),
        nn.Conv2d(6, 9, 1),
        nn.Linear(6, 9, bias=False),
        nn.Conv2d(6, 9, 1, bias=False),
    )
    _expect(probe_size, [lambda layer=layer: (*_with_head(layer), 4) for layer in layers], 0)


@needs(counts_resnet18)
def gives_the_share(probe_size):
    """its share of the network with the new head."""
    _expect(probe_size, [lambda n=n: (*_with_head(nn.Linear(6, n)), 4) for n in (4, 50)], 1)


@needs(gives_the_share)
def counts_all_parameters(probe_size):
    """frozen ones count, shared ones once, buffers not."""
    _expect(probe_size, [lambda: (*_frozen(), 4), lambda: (*_shared(), 4), lambda: (*_with_twin(), 4)], 1)


@needs(takes_other_heads)
def builds_nothing(probe_size):
    """10^15 classes: only counted, not built."""
    model, head = _with_head(nn.Linear(40, 9))
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
        raise Wrong(expected, got[0], "the count is rounded", "stay with int")


def leaves_the_model(probe_size):
    """the model stays as it is."""
    for model, head in (_frozen(), _with_head(nn.Linear(6, 9))):
        for p in model.parameters():
            p.grad = torch.ones_like(p)
        kept = Kept(model)
        probe_size(model, head, 4)
        if changes := kept.changes():
            likely = "the model was changed in order to count"
            raise Wrong("the same network", f"changed: {few(changes)}", likely, COUNTING_ONLY)


CASES = (
    counts_resnet18,
    takes_other_heads,
    gives_the_share,
    counts_all_parameters,
    builds_nothing,
    leaves_the_model,
)


def probe_size(probe_size) -> None:
    """Check the exercise on what a linear probe trains."""
    library = (heads.replace_head, freezing.freeze_backbone, freezing.count_parameters)
    run("probe_size", CASES, probe_size, library=library)


def _expect(probe_size, makes: Sequence[Make], part: int) -> list:
    trials = []
    for make in makes:
        model, head, classes = make()
        expected = (_new(head, classes), _fraction(model, head, classes))[part]
        told = f"head {head}, {classes} classes; {_rest(model, head):,} numbers outside of the head"
        trials.append(Trial(told, lambda answer, make=make: _part(answer(*make()), part), expected))
    expect(probe_size, trials, MISTAKES, COUNT, rtol=1e-9)
    return [trial.expected for trial in trials]


def _part(given: object, part: int) -> object:
    if isinstance(given, tuple | list) and len(given) == 2:
        if (type(given[0]), type(given[1])) == (float, int):
            likely = "the two are in the wrong order"
            raise Wrong("a pair (count, fraction)", brief(given), likely, "return the count first")
        return given[part]
    remedy = "end in `return trained, fraction`"
    raise Wrong("a pair (count, fraction)", brief(given), *of_wrong_type(given, remedy))


def _with_head(head: Head) -> tuple[nn.Module, Head]:
    """A small network with a head that is neither its last layer nor called fc; its first one is."""
    model = nn.Sequential()
    model.add_module("fc", nn.Conv2d(3, 6, 3))
    model.add_module("norm", nn.BatchNorm2d(6))
    model.add_module("top", nn.Sequential(nn.Flatten(), head))
    model.add_module("auxiliary", nn.Linear(11, 2))
    model.register_parameter("scale", nn.Parameter(torch.ones(7)))
    return model, head


def _frozen() -> tuple[nn.Module, Head]:
    model, head = _with_head(nn.Linear(6, 9))
    model.requires_grad_(False).eval()
    return model, head


def _shared() -> tuple[nn.Module, Head]:
    """One of its layers is used twice, and two others share a weight."""
    model, head = _with_head(nn.Linear(6, 9))
    tied = nn.Linear(11, 2, bias=False)
    tied.weight = model.get_parameter("auxiliary.weight")
    model.add_module("tied", tied)
    model.add_module("again", model.get_submodule("fc"))
    return model, head


def _with_twin() -> tuple[nn.Module, Head]:
    """Another layer has the shapes of the head."""
    model, head = _with_head(nn.Linear(6, 9))
    model.add_module("twin", nn.Linear(6, 9))
    return model, head
