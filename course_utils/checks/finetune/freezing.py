"""Check of exercise freeze: a backbone that does not move, in no tensor, and a head that learns."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from course_utils.checks.core import must_work, needs, run
from course_utils.checks.finetune.tiny import gated_net, images, small_resnet
from course_utils.checks.mistakes import Mistake, few, recognise
from course_utils.checks.report import Wrong
from course_utils.models import freezing

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
METHODS = {"train", "eval", "forward", "__call__"}


def _only_to_false(model, head):
    inside = {id(p) for p in head.parameters()}
    for parameter in model.parameters():
        if id(parameter) not in inside:
            parameter.requires_grad = False


def _only_weights(model, head):
    for name, parameter in model.named_parameters():
        if name.endswith("weight"):
            parameter.requires_grad = False
    head.requires_grad_(True)


def _by_name(in_head: Callable[[str], bool]) -> Callable:
    def freeze(model, head):
        for name, parameter in model.named_parameters():
            parameter.requires_grad = in_head(name)

    return freeze


# Each leaves other parameters trainable than those of the head.
FREEZE_MISTAKES = (
    Mistake(
        lambda model, head: None,
        "nothing was frozen: requires_grad is misspelt, or was set on a module, which has none of its own",
        "set requires_grad of each parameter, or call requires_grad_(False)",
    ),
    Mistake(
        lambda model, head: model.requires_grad_(False),
        "the head is frozen with the rest",
        "set requires_grad of the head's parameters to True afterwards",
    ),
    Mistake(
        lambda model, head: head.requires_grad_(False),
        "it is the head that was frozen",
        "freeze everything else",
    ),
    Mistake(
        _only_weights,
        "biases were left out",
        "go through all of model.parameters()",
    ),
)
# The same, where they come to light on the gated network only.
GATED_MISTAKES = (
    Mistake(
        _by_name(lambda name: "fc" in name),
        "names that hold 'fc' were taken for the head: here fc1 and fc2 lie in a frozen gate",
        "go by the module `head` that is passed, not by a name",
    ),
    Mistake(
        _by_name(lambda name: name.startswith("fc.")),
        "nothing trains: the head was looked for under a name, or what lies inside of it was frozen again",
        "go by the module `head` that is passed: head.parameters() has all that lies inside",
    ),
    Mistake(
        _by_name(lambda name: name.startswith("classifier")),
        "a name that only begins like the head's was taken for a part of it: classifier_norm",
        "go by the module `head` that is passed, not by a name",
    ),
    Mistake(
        lambda model, head: [child.requires_grad_(child is head) for child in model.children()],
        "model.children() does not reach a parameter of the model itself (here: scale)",
        "go through all of model.parameters()",
    ),
)
ONLY_TO_FALSE = Mistake(
    _only_to_false,
    "requires_grad is only ever set to False: a head that was frozen before stays frozen",
    "set requires_grad of the head's parameters to True",
)
TWIN = Mistake(
    lambda model, head: [
        p.requires_grad_(p.shape in {q.shape for q in head.parameters()}) for p in model.parameters()
    ],
    "another tensor of the same shape, or the same numbers, was taken for the head's: here those of twin",
    "compare by id(parameter), or set requires_grad of head.parameters()",
)
ONLY_CHILDREN = Mistake(
    lambda model, head: [
        model.requires_grad_(False),
        *(child.requires_grad_(True) for child in head.children()),
    ],
    "the head's layers train, but not the parameter that the head has beside them (here: classifier.scale)",
    "head.requires_grad_(True), or go through head.parameters(): both reach all that lies inside",
)
NOT_THE_HEAD = ("the trainable parameters are not those of the head", "go by head.parameters()")


def _eval_norms(model):
    model.train()
    for module in model.modules():
        if isinstance(module, NORMS):
            module.eval()


def _eval_frozen_norms(model):
    model.train()
    for module in model.modules():
        if isinstance(module, NORMS) and not module.weight.requires_grad:
            module.eval()


def _eval_all_but_plain_norms(model):
    model.train()
    for module in model.modules():
        if list(module.parameters()) and not any(p.requires_grad for p in module.parameters()):
            for inner in module.modules():
                inner.training = isinstance(inner, NORMS) and not inner.affine


def _eval_partly_frozen(model):
    model.train()
    for module in model.modules():
        if not list(module.children()) and any(not p.requires_grad for p in module.parameters()):
            module.eval()


def _by_children(model):
    model.train()
    for child in model.children():
        child.train(any(p.requires_grad for p in child.parameters()))


def _no_dropout(model):
    model.train()
    for module in model.modules():
        if list(module.parameters()) and not any(p.requires_grad for p in module.parameters()):
            module.eval()
            for dropout in (m for m in module.modules() if isinstance(m, nn.Dropout)):
                dropout.p = 0.0


def _eval_without_parameters(model):
    for module in model.modules():
        module.training = any(p.requires_grad for p in module.parameters())


def _eval_every_dropout(model):
    model.train()
    for module in model.modules():
        if list(module.parameters()) and not any(p.requires_grad for p in module.parameters()):
            module.eval()
    if not all(p.requires_grad for p in model.parameters()):
        for dropout in (m for m in model.modules() if isinstance(m, nn.Dropout)):
            dropout.eval()


def _eval_once_frozen(model):
    model.train()
    if not hasattr(model, "once_frozen"):
        model.once_frozen = [m for m in model.children() if not next(m.parameters()).requires_grad]
    for module in model.once_frozen:
        module.eval()


def _change_frozen_norms(**attributes) -> Callable:
    def train_mode(model):
        model.train()
        for module in model.modules():
            if isinstance(module, NORMS) and not module.weight.requires_grad:
                for name, value in attributes.items():
                    setattr(module, name, value)

    return train_mode


# Each takes the place of train_mode; what it does to the layers is compared by _modes.
MODE_MISTAKES = (
    Mistake(
        lambda model: model.train(),
        "the frozen batch-norm layers are still in training mode",
        "put frozen modules in eval mode after each model.train()",
    ),
    Mistake(
        lambda model: model.eval(),
        "the whole model is in eval mode",
        "model.train() first; then eval() on modules that are frozen as a whole: the model itself is not",
    ),
    Mistake(
        _eval_norms,
        "every batch norm is in eval mode, frozen or not",
        "decide by requires_grad of a module's parameters, not by its type",
    ),
    Mistake(
        _eval_frozen_norms,
        "only batch norm was put in eval mode: dropout inside a frozen module still drops",
        "call eval() on each frozen module: it reaches what is inside",
    ),
    Mistake(
        _eval_all_but_plain_norms,
        "a norm without parameters is in training mode, though it lies inside a frozen module",
        "call eval() on each frozen module: it reaches what is inside",
    ),
    Mistake(
        _eval_partly_frozen,
        "a layer that is frozen in part was taken for frozen",
        "a module is frozen if all its parameters are, not any of them",
    ),
    Mistake(
        _no_dropout,
        "the dropout was set to 0, and stays so when everything is trainable again",
        "leave the layers as they are and put them in eval mode",
    ),
    Mistake(
        _eval_without_parameters,
        "the head's dropout has no parameters and was taken for frozen: any([]) is False",
        "only a module that has parameters, all of them frozen, is frozen",
    ),
    Mistake(
        _eval_every_dropout,
        "every dropout is off as soon as anything is frozen, also that of the head",
        "decide for each module by its own parameters: what lies in the head trains",
    ),
    Mistake(
        _eval_once_frozen,
        "what was frozen once stays in eval mode for good",
        "look at requires_grad each time train_mode is called",
    ),
    Mistake(
        _change_frozen_norms(momentum=0.0),
        "momentum 0 keeps the running statistics, but training mode does not use them",
        "leave the layers as they are and put them in eval mode",
    ),
    Mistake(
        _change_frozen_norms(track_running_stats=False),
        "without track_running_stats the batch's own statistics are used in training mode",
        "leave the layers as they are and put them in eval mode",
    ),
    Mistake(
        _change_frozen_norms(track_running_stats=False, running_mean=None, running_var=None),
        "the pretrained running statistics were thrown away",
        "leave the layers as they are and put them in eval mode",
    ),
)
BY_CHILDREN = Mistake(
    _by_children,
    "only the model's own children are looked at: here the head lies deeper, beside frozen layers",
    "look at every one of model.modules()",
)
WRONG_MODE = (
    "some modules are in the wrong mode",
    "print name and module.training of model.named_modules()",
)


def frees_only_the_head(freeze_backbone, _):
    """only the head is trainable."""
    _expect_head(freeze_backbone, small_resnet, "fc", FREEZE_MISTAKES)
    return "2 tensors, 170 parameters"


@needs(frees_only_the_head)
def goes_by_module(freeze_backbone, _):
    """also where a frozen gate holds layers fc1 and fc2."""
    _expect_head(freeze_backbone, _with_twin, "classifier", (TWIN, *GATED_MISTAKES))
    _expect_head(freeze_backbone, _with_tied, "classifier", GATED_MISTAKES)
    _expect_head(freeze_backbone, _with_own_parameter, "classifier", (ONLY_CHILDREN, *GATED_MISTAKES))


@needs(frees_only_the_head, goes_by_module)
def frees_a_frozen_head(freeze_backbone, _):
    """also when everything was frozen before."""
    _expect_head(freeze_backbone, lambda: gated_net().requires_grad_(False), "classifier", (ONLY_TO_FALSE,))


@needs(frees_only_the_head)
def keeps_the_backbone(freeze_backbone, train_mode):
    """the backbone does not move in 3 training steps."""
    model = small_resnet()
    freeze_backbone(model, model.fc)
    before = {k: v.clone() for k, v in model.state_dict().items() if not k.startswith("fc.")}
    with must_work("training works", "the model no longer runs", "leave its layers as they are"):
        _three_steps(model, train_mode)
    after = model.state_dict()
    moved = [k for k in before if k not in after or not torch.equal(before[k], after[k])]
    if not moved:
        return f"0 of {len(before)} tensors changed"
    raise Wrong(
        f"0 of {len(before)} backbone tensors changed",
        f"{len(moved)} changed: {few(moved)}",
        *_recognise_modes(model, lambda mode: _modes_after(mode, small_resnet(), "fc")),
    )


def keeps_the_features(freeze_backbone, train_mode):
    """frozen features in training are those of evaluation."""
    return _same_features(freeze_backbone, train_mode, gated_net, "classifier")


@needs(keeps_the_features)
def keeps_features_of_a_plain_norm(freeze_backbone, train_mode):
    """also where a norm inside has no parameters."""
    return _same_features(freeze_backbone, train_mode, _with_plain_norm, "classifier")


@needs(keeps_the_features)
def rests_whole_modules(freeze_backbone, train_mode):
    """also other dropouts, and a model frozen as a whole."""
    _same_features(freeze_backbone, train_mode, _with_other_dropout, "classifier")
    model = gated_net().requires_grad_(False)
    train_mode(model)
    training = [name or "the model itself" for name, m in model.named_modules() if m.training]
    if training:
        likely = "the model is a module, too, and here all of it is frozen"
        remedy = "decide for each of model.modules(): the first of them is the model itself"
        inner = [name for name, m in model.named_modules() if m.training and not list(m.children())]
        if len(training) > 1 and not inner:
            likely = "only innermost layers rest: the modules that hold them are frozen, too, and train on"
            remedy = "call module.eval() on each frozen module, whether it holds others or not"
        raise Wrong("everything in eval mode", f"in training mode: {few(training)}", likely, remedy)


@needs(keeps_the_features)
def keeps_features_beside_the_head(freeze_backbone, train_mode):
    """also when one module holds frozen layers and head."""
    return _same_features(freeze_backbone, train_mode, _nested, "0.classifier", (BY_CHILDREN,))


def trains_what_is_partly_frozen(freeze_backbone, train_mode):
    """a layer of which only the bias is frozen trains."""

    def modes(mode: Callable) -> dict[str, tuple]:
        model = gated_net()
        for name in ("stem.1", "block.1"):
            model.get_submodule(name).bias.requires_grad_(False)
        mode(model.eval())
        found = _modes(model)
        model.requires_grad_(True)
        mode(model)
        return {**found, **{f"{name}, unfrozen": mode for name, mode in _modes(model).items()}}

    got = modes(train_mode)
    norms = [name for name, layer in _layers(gated_net()) if isinstance(layer, NORMS)]
    resting = [name for name in norms if not got[name][0]]
    if resting:
        likely = recognise(got, None, MODE_MISTAKES, modes, WRONG_MODE)
        raise Wrong("all norms in training mode", f"in eval mode: {few(resting)}", *likely)


def trains_the_head(freeze_backbone, train_mode):
    """the whole head is in training mode."""
    model = _frozen(freeze_backbone).eval()
    train_mode(model)
    resting = [k for k, m in _layers(model) if _inside(k, "classifier") and not m.training]
    if not resting:
        return
    likely = recognise(_then_unfrozen(train_mode), None, MODE_MISTAKES, _then_unfrozen, WRONG_MODE)
    raise Wrong("the head in training mode", f"in eval mode: {few(resting)}", *likely)


def trains_all_after_unfreezing(freeze_backbone, train_mode):
    """unfrozen again, everything is in training mode."""
    model = _frozen(freeze_backbone).eval()
    train_mode(model)
    model.requires_grad_(True)
    train_mode(model)
    as_new = _modes(gated_net())
    if _modes(model) == as_new:
        return
    resting = [name for name, m in _layers(model) if not m.training]
    altered = [name for name in as_new if _modes(model).get(name) != as_new[name]]
    got = f"in eval mode: {few(resting)}" if resting else f"altered: {few(altered)}"
    likely = _recognise_modes(
        model, lambda mode: _modes_after(mode, gated_net(), "classifier", unfreeze=True)
    )
    raise Wrong("all layers in training mode, as they were built", got, *likely)


def replaces_nothing(freeze_backbone, train_mode):
    """no layer, method or number is changed."""
    model = gated_net()
    for norm in (m for m in model.modules() if isinstance(m, NORMS)):
        norm.get_buffer("num_batches_tracked").fill_(40)
    numbers = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    before = [(m, type(m)) for m in model.modules()]
    freeze_backbone(model, model.classifier)
    train_mode(model)
    after = [(m, type(m)) for m in model.modules()]
    if len(before) != len(after) or any(a is not b or x != y for (a, x), (b, y) in zip(before, after)):
        remedy = "layers can stay as they are: what counts is their mode"
        raise Wrong("the same layers", "other layers", "layers were swapped for others", remedy)
    patched = sorted({name for m in model.modules() for name in METHODS & vars(m).keys()})
    if patched:
        likely = "a method was overwritten, and stays so for whoever uses the model next"
        remedy = "set the modes in train_mode, which is called before every epoch"
        raise Wrong("methods as they were", f"overwritten: {', '.join(patched)}", likely, remedy)
    now = model.state_dict()
    moved = [
        name for name, tensor in numbers.items() if name not in now or not torch.equal(tensor, now[name])
    ]
    if moved:
        likely = "a layer was drawn anew, or its statistics were reset"
        remedy = "freezing changes requires_grad and the mode, and no number"
        raise Wrong("the same numbers", f"others in {few(moved)}", likely, remedy)


CASES = (
    frees_only_the_head,
    goes_by_module,
    frees_a_frozen_head,
    keeps_the_backbone,
    keeps_the_features,
    keeps_features_of_a_plain_norm,
    rests_whole_modules,
    keeps_features_beside_the_head,
    trains_the_head,
    trains_what_is_partly_frozen,
    trains_all_after_unfreezing,
    replaces_nothing,
)


def freeze(freeze_backbone, train_mode) -> None:
    """Check the exercise on freezing a backbone."""
    library = (freezing.freeze_backbone, freezing.train_mode)
    run("freeze_backbone and train_mode", CASES, freeze_backbone, train_mode, library=library)


def _expect_head(freeze_backbone, make: Callable, head: str, mistakes: tuple[Mistake, ...]) -> None:
    def trainable_after(freeze: Callable) -> list[str]:
        model = make()
        freeze(model, model.get_submodule(head))
        return [name for name, p in model.named_parameters() if p.requires_grad]

    got = trainable_after(freeze_backbone)
    expected = [f"{head}.{name}" for name, _ in make().get_submodule(head).named_parameters()]
    if got == expected:
        return
    likely = recognise(got, expected, mistakes, trainable_after, NOT_THE_HEAD)
    first = [name for name in got if name not in expected] or got
    raise Wrong(
        f"{len(expected)} trainable tensors, all in {head}",
        f"{len(got)} trainable: {few(first)}",
        *likely,
    )


def _same_features(
    freeze_backbone,
    train_mode,
    make: Callable[[], nn.Module],
    head: str,
    mistakes: tuple[Mistake, ...] = (),
) -> str:
    """Compare the input of the head in training with that in evaluation."""
    model, features = _frozen(freeze_backbone, make, head), []
    model.get_submodule(head).register_forward_pre_hook(lambda _, inputs: features.append(inputs[0]))
    x, _ = images(8)
    with (
        torch.no_grad(),
        must_work("features", "the model no longer runs", "leave its layers as they are"),
    ):
        model.eval()(x)
        train_mode(model)
        model(x)
    if torch.equal(*features):
        return "bit for bit"
    training = [k for k, m in _layers(model) if m.training and not _inside(k, head)]
    raise Wrong(
        "the same features, bit for bit",
        f"other features; in training mode: {few(training, 4)}",
        *_recognise_modes(model, lambda mode: _modes_after(mode, make(), head), mistakes),
    )


def _frozen(
    freeze_backbone, make: Callable[[], nn.Module] = gated_net, head: str = "classifier"
) -> nn.Module:
    """A small network after the student's freezing, put right where that is wrong.

    So that a mistake in freeze_backbone does not count again where train_mode is looked at.
    """
    model = make()
    with contextlib.suppress(Exception):
        freeze_backbone(model, model.get_submodule(head))
    model.requires_grad_(False)
    model.get_submodule(head).requires_grad_(True)
    return model


def _with_plain_norm() -> nn.Module:
    """The small network with a norm that has statistics, but no parameters."""
    model = gated_net()
    model.block.append(nn.BatchNorm2d(6, affine=False))
    return model


def _with_other_dropout() -> nn.Module:
    """The small network with a dropout of another class in its frozen part."""
    model = gated_net()
    model.block.append(nn.AlphaDropout(0.5))
    return model


def _with_twin() -> nn.Module:
    """The small network with a norm in its backbone that is as the head's norm: shapes and numbers."""
    model = gated_net()
    model.twin = nn.LayerNorm(8)
    return model


def _with_tied() -> nn.Module:
    """The small network with a layer in its backbone that shares a weight with the head."""
    model = gated_net()
    model.tied = nn.Linear(6, 8)
    model.tied.weight = model.get_parameter("classifier.0.weight")
    return model


def _with_own_parameter() -> nn.Module:
    """The small network with a parameter of the head itself, beside its layers."""
    model = gated_net()
    model.classifier.scale = nn.Parameter(torch.ones(3))
    return model


def _nested() -> nn.Module:
    """The small network inside another module."""
    return nn.Sequential(gated_net())


def _three_steps(model: nn.Module, train_mode) -> None:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = images(4)
    for _ in range(3):
        model.eval()
        train_mode(model)
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()


def _inside(name: str, head: str) -> bool:
    return name == head or name.startswith(f"{head}.")


def _layers(model: nn.Module) -> list[tuple[str, nn.Module]]:
    """The layers that behave otherwise in training: batch norms and dropouts, by name."""
    kinds = (*NORMS, nn.Dropout)
    return [(name, m) for name, m in model.named_modules() if isinstance(m, kinds)]


def _modes(model: nn.Module) -> dict[str, tuple]:
    """What decides how those layers behave."""
    return {
        name: (
            layer.training,
            getattr(layer, "momentum", getattr(layer, "p", None)),
            getattr(layer, "track_running_stats", None),
            getattr(layer, "running_mean", None) is None,
        )
        for name, layer in _layers(model)
    }


def _modes_after(train_mode, model: nn.Module, head: str, unfreeze: bool = False) -> dict[str, tuple]:
    model.requires_grad_(False)
    model.get_submodule(head).requires_grad_(True)
    model.eval()
    train_mode(model)
    if unfreeze:
        model.requires_grad_(True)
        train_mode(model)
    return _modes(model)


def _then_unfrozen(train_mode) -> list[dict[str, tuple]]:
    """The modes while the backbone is frozen, and when it is unfrozen again."""
    return [_modes_after(train_mode, gated_net(), "classifier", unfreeze) for unfreeze in (False, True)]


def _recognise_modes(model: nn.Module, observe: Callable, first: tuple[Mistake, ...] = ()) -> tuple[str, str]:
    return recognise(_modes(model), None, (*first, *MODE_MISTAKES), observe, WRONG_MODE)
