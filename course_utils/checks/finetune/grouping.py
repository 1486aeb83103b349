"""Check of exercise groups: parameter groups with their own learning rates and weight decay."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from course_utils.checks.core import needs, run
from course_utils.checks.finetune.tiny import GatedNet, gated_net
from course_utils.checks.mistakes import Mistake, brief, few, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.checks.unchanged import Kept
from course_utils.training import optimizer

KEYS = {"params", "lr", "weight_decay"}
BACKBONE_LR, HEAD_LR, DECAY = 0.01, 0.1, 0.05


SHARED = "table.weight"  # of the head as well, whose last layer has the same tensor


def _in_head(name: str) -> bool:
    return name.startswith("classifier.") or name == SHARED


def _lists(matches: Callable[[str, Tensor], bool]) -> Callable:
    """Groups with only the trainable parameters for which ``matches(name, parameter)`` holds."""
    return lambda model, *_: [
        {"params": [p]} for name, p in model.named_parameters() if p.requires_grad and matches(name, p)
    ]


def _rates(lr: Callable[[str, Tensor], float | None]) -> Callable:
    """Groups in which a parameter has the rate ``lr(name, parameter)``."""
    return lambda model, *_: [
        {"params": [p], "lr": lr(name, p)} for name, p in model.named_parameters() if p.requires_grad
    ]


def _decays(decay: Callable[[str, Tensor], float | None]) -> Callable:
    """Groups in which a parameter has the weight decay ``decay(name, parameter)``."""
    return lambda model, *_: [
        {"params": [p], "weight_decay": decay(name, p)}
        for name, p in model.named_parameters()
        if p.requires_grad
    ]


LISTING_MISTAKES = (
    Mistake(
        lambda model, head, *_: [
            *_lists(lambda name, p: True)(model),
            {"params": head.parameters()},
        ],
        "the head has groups of its own and is among all parameters once more",
        "leave its parameters out of the other groups; compare by id(parameter)",
    ),
    Mistake(
        lambda model, *_: [
            {"params": [p]} for m in model.modules() for p in m.parameters(recurse=False) if p.requires_grad
        ],
        "a tensor that two layers share is listed twice",
        "go through model.parameters(), which names it once, and compare by id(parameter)",
    ),
    Mistake(
        _lists(lambda name, p: p.ndim > 1),
        "norms and biases were left out, or come from a generator that was used up before",
        "give them groups of their own, from a list",
    ),
    Mistake(
        _lists(lambda name, p: "." in name),
        "parameters that belong to the model itself, not to a layer, were forgotten",
        "go through model.parameters(): it finds all of them, whatever they are called",
    ),
    *(
        Mistake(
            _lists(listed),
            "one part, or its norms and biases, has no group, or a generator that was used up before",
            "give each of the two parts two groups, and make lists: head.parameters() comes only once",
        )
        for listed in (
            lambda name, p: p.ndim > 1 or _in_head(name),
            lambda name, p: p.ndim > 1 or not _in_head(name),
            lambda name, p: _in_head(name),
            lambda name, p: not _in_head(name),
        )
    ),
)
OF_THE_HEAD_ITSELF = "classifier.mix"
NAME_NOT_MODULE = "go by the module `head` that is passed: look each parameter up by id"
RATE_MISTAKES = (
    Mistake(
        _rates(lambda name, p: HEAD_LR if name.startswith("classifier.") else BACKBONE_LR),
        "the head shares a tensor with another layer, whose name it has",
        NAME_NOT_MODULE,
    ),
    Mistake(
        _rates(lambda name, p: HEAD_LR if name.startswith("classifier") else BACKBONE_LR),
        "a name that only begins like the head's was taken for a part of it: classifier_norm",
        NAME_NOT_MODULE,
    ),
    Mistake(
        _rates(lambda name, p: HEAD_LR if _in_head(name) or name.startswith("twin.") else BACKBONE_LR),
        "another tensor of the same shape was taken for one of the head's",
        NAME_NOT_MODULE,
    ),
    Mistake(
        _rates(lambda name, p: HEAD_LR if _in_head(name) and name != OF_THE_HEAD_ITSELF else BACKBONE_LR),
        "a parameter of the head itself, beside its layers, has the rate of the backbone: classifier.mix",
        "go through head.parameters(): it has all that lies inside, whatever holds it",
    ),
    Mistake(
        _rates(lambda name, p: HEAD_LR if name == OF_THE_HEAD_ITSELF else BACKBONE_LR),
        "of the head only what it holds itself is at its rate, not the parameters of its layers",
        "go through head.parameters(): it has all that lies inside, whatever holds it",
    ),
    Mistake(
        _rates(lambda name, p: BACKBONE_LR if _in_head(name) else HEAD_LR),
        "the two rates are swapped",
        "head_lr is the rate of the head",
    ),
    Mistake(
        _rates(lambda name, p: BACKBONE_LR),
        "nothing was taken for the head: it is called classifier here, and its tensors lie in its layers",
        NAME_NOT_MODULE,
    ),
    Mistake(
        _rates(lambda name, p: HEAD_LR if "fc" in name else BACKBONE_LR),
        "names that hold 'fc' were taken for the head: here fc1 and fc2 lie in the backbone",
        NAME_NOT_MODULE,
    ),
    Mistake(
        _rates(lambda name, p: HEAD_LR if _in_head(name) and p.ndim > 1 else BACKBONE_LR),
        "the head's norms and biases have the rate of the backbone",
        NAME_NOT_MODULE,
    ),
    Mistake(
        _rates(lambda name, p: HEAD_LR if _in_head(name) and name.endswith("weight") else BACKBONE_LR),
        "the head's biases have the rate of the backbone",
        NAME_NOT_MODULE,
    ),
    Mistake(
        _rates(lambda name, p: None),
        "without 'lr' the optimizer takes its default",
        'write "lr" into each group',
    ),
    Mistake(
        _rates(lambda name, p: HEAD_LR if _in_head(name) else None),
        "without 'lr' the optimizer takes its default",
        'write "lr" into each group',
    ),
)
GO_BY_NDIM = "go by p.ndim, not by names or types: one dimension, no decay"
DECAY_MISTAKES = (
    Mistake(
        _decays(lambda name, p: DECAY),
        "norms and biases decay like weights",
        "split each part by p.ndim: one dimension, no decay",
    ),
    Mistake(
        _decays(lambda name, p: DECAY if p.ndim == 1 else 0.0),
        "the wrong half decays",
        "tensors of one dimension get 0",
    ),
    Mistake(
        _decays(lambda name, p: 0.0),
        "nothing decays",
        "tensors of more than one dimension get weight_decay",
    ),
    Mistake(
        _decays(lambda name, p: 0.0 if name.endswith("bias") else DECAY),
        "the weights of norms decay: they are not all called bn, here one is downsample.1",
        GO_BY_NDIM,
    ),
    Mistake(
        _decays(lambda name, p: DECAY if p.squeeze().ndim > 1 else 0.0),
        "a matrix with a single row was taken for a tensor of one dimension",
        GO_BY_NDIM,
    ),
    Mistake(
        _decays(lambda name, p: DECAY if p.ndim in (2, 4) else 0.0),
        "only matrices and the kernels of Conv2d decay: a table of three dimensions does not",
        GO_BY_NDIM,
    ),
    Mistake(
        _decays(lambda name, p: DECAY if p.ndim == 4 else 0.0),
        "only the kernels of convolutions decay: the weights of linear layers are matrices",
        GO_BY_NDIM,
    ),
    Mistake(
        _decays(lambda name, p: DECAY if p.ndim > 1 and not _in_head(name) else 0.0),
        "nothing of the head decays",
        "the head's weights decay like all others",
    ),
    Mistake(
        _decays(lambda name, p: DECAY * (HEAD_LR if _in_head(name) else BACKBONE_LR) if p.ndim > 1 else 0.0),
        "the decay was multiplied by the learning rate: the optimizer does that itself",
        'write "weight_decay": weight_decay',
    ),
    Mistake(
        _decays(lambda name, p: DECAY if p.ndim > 1 or name == "scale" else 0.0),
        "norms and biases were found, but not `scale`, another tensor of one dimension",
        GO_BY_NDIM,
    ),
    Mistake(
        _decays(lambda name, p: DECAY if p.ndim > 1 else None),
        "without 'weight_decay' the optimizer takes its default: AdamW decays by 0.01",
        'write "weight_decay": 0.0 into the group',
    ),
    Mistake(
        _decays(lambda name, p: None),
        "without 'weight_decay' the optimizer takes its default: AdamW decays by 0.01",
        'write "weight_decay" into each group',
    ),
)
NOT_ALL = ("some parameters were forgotten, or come twice", "go once through model.parameters()")
WRONG_RATE = ("some parameters are on the wrong side", NAME_NOT_MODULE)
WRONG_DECAY = ("the decay does not follow from the number of dimensions", GO_BY_NDIM)


def gives_dicts(parameter_groups):
    """a list of dicts with the key 'params'."""
    groups = _ask(parameter_groups, _model())
    remedy = 'each group is {"params": [...], "lr": ..., "weight_decay": ...}'
    if not isinstance(groups, tuple | list) or not groups:
        raise Wrong("a list of dicts", brief(groups), *of_wrong_type(groups, remedy))
    for group in groups:
        if not isinstance(group, dict):
            raise Wrong("a list of dicts", f"a list of {type(group).__name__}", "groups are missing", remedy)
        if "params" not in group:
            likely = "the parameters have another key"
            raise Wrong("the key 'params'", f"keys {list(group)}", likely, remedy)
        _parameters(group)
    return f"{len(groups)} groups"


@needs(gives_dicts)
def lists_each_once(parameter_groups):
    """every trainable parameter, exactly once."""
    trainable = _names(_model(), trainable=True)

    def counts(answer: Callable) -> list[int]:
        table = _table(answer)
        return [len(table[name]) for name in trainable]

    got = counts(parameter_groups)
    missing = [name for name, n in zip(trainable, got) if n == 0]
    repeated = [name for name, n in zip(trainable, got) if n > 1]
    if not missing and not repeated:
        return f"{len(trainable)} tensors"
    found = f"missing: {few(missing)}; repeated: {few(repeated)}"
    likely = recognise(got, [1] * len(got), LISTING_MISTAKES, counts, NOT_ALL)
    raise Wrong(f"{len(trainable)} tensors, once each", found, *likely)


@needs(gives_dicts)
def leaves_out_frozen(parameter_groups):
    """no frozen parameter."""
    table = _table(parameter_groups)
    listed = [name for name in _names(_model(), trainable=False) if table[name]]
    if not listed:
        return
    likely = "all parameters are taken, whether they train or not"
    if all(_in_head(name) for name in listed):
        likely = "the head, or a layer of it, was taken as a whole: one of its norms has a frozen bias"
    raise Wrong("no frozen parameter", few(listed), likely, "keep those with requires_grad only")


@needs(gives_dicts)
def gives_rates(parameter_groups):
    """the head at head_lr, everything else at backbone_lr."""
    right = {name: HEAD_LR if _in_head(name) else BACKBONE_LR for name in _names(_model(), True)}
    _expect_values(parameter_groups, "lr", right, RATE_MISTAKES, WRONG_RATE)


@needs(gives_dicts)
def gives_decays(parameter_groups):
    """weight decay, but none on tensors of one dimension."""
    trainable = [(name, p) for name, p in _model().named_parameters() if p.requires_grad]
    right = {name: DECAY if p.ndim > 1 else 0.0 for name, p in trainable}
    _expect_values(parameter_groups, "weight_decay", right, DECAY_MISTAKES, WRONG_DECAY)


@needs(lists_each_once, leaves_out_frozen, gives_rates, gives_decays)
def goes_by_each_call(parameter_groups):
    """asked again, with other rates and another decay."""
    model, rates = _model(), (0.3, 0.2, 0.7)
    parameter_groups(model, model.classifier, BACKBONE_LR, HEAD_LR, DECAY)
    again = parameter_groups(model, model.classifier, *rates)
    if n := len(_names(model, trainable=True)) - sum(len(_parameters(group)) for group in again):
        likely = "what the first call listed is remembered: a default value, or a global, was changed"
        raise Wrong("the same tensors at each call", f"{n} fewer", likely, "start with nothing at each call")
    values = {(group.get("lr"), group.get("weight_decay")) for group in again}
    allowed = {(lr, decay) for lr in rates[:2] for decay in (rates[2], 0)}
    if other := [brief(pair) for pair in values if pair not in allowed]:
        likely = "a rate or a decay is a constant, or was worked out from another one"
        raise Wrong(
            "lr 0.3 or 0.2, weight_decay 0.7 or 0", few(other), likely, "use the arguments as they come"
        )


def leaves_the_model(parameter_groups):
    """the model stays as it is."""
    model = _model()
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    kept = Kept(model)
    _ask(parameter_groups, model)
    if changes := kept.changes():
        likely = "the model was changed in order to sort its parameters"
        remedy = "read requires_grad, set nothing; note a parameter by its id(p)"
        if all(name.endswith(": gradient") for name in changes):
            likely = "gradients were cleared: the training loop does that, before each step"
            remedy = "leave .grad alone"
        raise Wrong("the same model", f"changed: {few(changes)}", likely, remedy)


CASES = (
    gives_dicts,
    lists_each_once,
    leaves_out_frozen,
    gives_rates,
    gives_decays,
    goes_by_each_call,
    leaves_the_model,
)


def groups(parameter_groups) -> None:
    """Check the exercise on parameter groups."""
    run("parameter_groups", CASES, parameter_groups, library=(optimizer.parameter_groups,))


def _model() -> GatedNet:
    """The small network with a frozen stem, a frozen bias in its head, a matrix of the head itself, a row, a
    table of three dimensions, a tensor in two layers, and a layer of the backbone that has the shape of one
    of the head."""
    model = gated_net()
    model.row, model.twin = nn.Parameter(torch.ones(1, 6)), nn.Linear(6, 8)
    model.places = nn.Parameter(torch.ones(1, 4, 6))
    head = model.classifier
    del model.classifier
    model.table = table = nn.Embedding(3, 8)
    table.weight = head.get_parameter("4.weight")
    model.classifier = head
    model.stem.requires_grad_(False)
    head[1].bias.requires_grad_(False)
    head.mix = nn.Parameter(torch.ones(3, 3))
    return model


def _names(model: nn.Module, trainable: bool) -> list[str]:
    return [name for name, p in model.named_parameters() if p.requires_grad == trainable]


def _ask(answer: Callable, model: GatedNet) -> list[dict]:
    return answer(model, model.classifier, BACKBONE_LR, HEAD_LR, DECAY)


def _table(answer: Callable) -> dict[str, list[dict]]:
    """For each parameter by name, the groups that it is in."""
    model = _model()
    names = {id(p): name for name, p in model.named_parameters()}
    table: dict[str, list[dict]] = {name: [] for name in names.values()}
    for group in _ask(answer, model):
        for p in _parameters(group):
            table.get(names.get(id(p), ""), []).append(group)
    return table


def _parameters(group: dict) -> list[Tensor]:
    """The parameters of a group, as far as an optimizer would take them."""
    params = group["params"]
    if isinstance(params, Tensor):
        return [params]
    expected, got = "a list of parameters in 'params'", f"a {type(params).__name__}"
    if isinstance(params, set):
        raise Wrong(expected, got, "a set has no order: optimizers refuse it", "make a list")
    if not isinstance(params, Iterable):
        raise Wrong(expected, got, "it cannot be gone through", "call its .parameters()")
    params = list(params)
    if strangers := [p for p in params if not isinstance(p, nn.Parameter)]:
        likely = "what stands in 'params' are no parameters"
        remedy = "named_parameters() gives pairs: keep the second of each"
        raise Wrong(expected, brief(strangers[0]), likely, remedy)
    return params


def _expect_values(
    parameter_groups,
    key: str,
    right: dict[str, float],
    mistakes: tuple[Mistake, ...],
    otherwise: tuple[str, str],
) -> None:
    """Compare the rate or the decay of each trainable parameter that is in one group."""

    def values(answer: Callable) -> list[tuple[str, object]]:
        table = _table(answer)
        return [(name, table[name][0].get(key)) for name in right if len(table[name]) == 1]

    got = values(parameter_groups)
    wrong = [(name, value) for name, value in got if value != right[name]]
    if wrong:
        name, value = wrong[0]
        others = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        likely = recognise(got, list(right.items()), mistakes, values, otherwise)
        other_keys = {k for group in _ask(parameter_groups, _model()) for k in group} - KEYS
        if other_keys and value is None:
            likely = (
                f"the key {few(sorted(other_keys))} says nothing to an optimizer",
                f'write "{key}"',
            )
        raise Wrong(f"{key} {right[name]} for {name}", f"{brief(value)}{others}", *likely)
