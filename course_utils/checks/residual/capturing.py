"""Check of exercise capture: the right tensors, and no hook left behind."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, ResNet

from course_utils.analysis import residual
from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, few, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.checks.residual.tiny import (
    ENDS,
    Overwriting,
    OwnBlock,
    bottlenecks,
    deep_network,
    hooks,
    network,
    noise,
    patched,
)
from course_utils.checks.unchanged import OF_ALL, Kept

Captured = dict[str, tuple[Tensor, Tensor]]
NOT_COPIED = (
    "this is the block's output: bn2's tensor was kept without a copy, or the block itself was hooked",
    "hook bn2, and keep output.clone(): `out += identity` and the ReLU work in place",
)


def _reference(model: ResNet, images: Tensor) -> dict[str, dict[str, Tensor]]:
    """For each block what its steps give, computed step by step, without hooks."""
    x = model.maxpool(torch.relu(model.bn1(model.conv1(images))))
    steps = {}
    for name, block in _blocks(model):
        first = block.conv1(x)
        normed = block.bn1(first)
        second = block.conv2(torch.relu(normed))
        branch = block.bn2(second)
        shortcut = x if block.downsample is None else block.downsample(x)
        output = torch.relu(branch + shortcut)
        steps[name] = {
            "x": x,
            "conv1": first,
            "normed": normed,
            "inner": torch.relu(normed),
            "conv2": second,
            "branch": branch,
            "positive": torch.relu(branch),
            "shortcut": shortcut,
            "sum": branch + shortcut,
            "output": output,
        }
        x = output
    return steps


def _taking(*which: str) -> Callable[[dict], Captured]:
    """Takes these two steps for x and F(x)."""
    return lambda steps: _pairs(steps, which)


PAIR_MISTAKES = (
    Mistake(_taking("x", "output"), *NOT_COPIED),
    Mistake(
        _taking("x", "sum"),
        "the shortcut was added to the kept tensor",
        "F(x) is what bn2 gives, before anything is added",
    ),
    Mistake(
        _taking("x", "conv2"),
        "this is the output of conv2: its norm belongs to F(x)",
        "hook bn2",
    ),
    Mistake(
        _taking("shortcut", "branch"),
        "this is what the projection makes of x",
        "x is the input of the block: a forward pre-hook sees it",
    ),
    Mistake(
        _taking("output", "branch"),
        "this is the block's output in place of its input",
        "a forward hook gets (module, inputs, output): x is inputs[0]",
    ),
    Mistake(
        _taking("branch", "x"),
        "x and F(x) have changed places",
        "(x, residual)",
    ),
    Mistake(
        _taking("x", "positive"),
        "the residual went through a ReLU",
        "keep what bn2 gives: it has negative numbers",
    ),
    Mistake(
        _taking("x", "normed"),
        "this is what bn1 gives: F(x) ends behind bn2",
        "hook bn2",
    ),
    Mistake(
        _taking("x", "inner"),
        "this is the tensor between the convolutions",
        "F(x) is the output of bn2",
    ),
)
MINUS_X = Mistake(
    lambda steps: {n: (s["x"], s["output"] - s["shortcut"]) for n, s in steps.items()},
    "F(x) was reckoned as output minus shortcut: wrong wherever the ReLU has cut the sum",
    "take F(x) where it is made, behind bn2",
)
LAST_OF_ALL = Mistake(
    lambda steps: {n: tuple(steps["layer4.0"][k] for k in ("x", "branch")) for n in steps},
    "every block has the tensors of the last one: the loop variable was looked up when the hook ran",
    "bind it in the hook: def hook(..., name=name)",
)
NO_NAME = (
    "no block is found: your own class BasicBlock hides torchvision's",
    "from torchvision.models.resnet import BasicBlock as Block",
)
ONE_NAME = (
    "every hook wrote under the same name: the loop variable was looked up when the hook ran",
    "bind it in the hook: def hook(..., name=name)",
)
OTHER_TENSORS = (
    "none of the usual mistakes explains this",
    "the input of the block, and the output of its bn2",
)
X_NOT_COPIED = (
    "x was kept without a copy: this network writes zeros into it behind the block",
    "keep inputs[0].clone()",
)
LEFT = ("a hook was registered and not removed", "keep each handle and call handle.remove()")
ONLY_EXCEPTIONS = (
    "`except Exception` does not see a KeyboardInterrupt",
    "remove the hooks in the `finally:` of a `try:`",
)
NOT_FINALLY = (
    "the hooks are removed only when all goes well",
    "remove them in the `finally:` of a `try:`",
)
NOT_REACHED = (
    "they are removed only once a block has run, and here the forward pass ended in conv1, before all blocks",
    "remove them in the `finally:` of a `try:`, whatever has run",
)
NOT_PASSED_ON = ("the exception was caught", "use `try: ... finally: ...` without `except`")
OTHERS_GONE = (
    "all hooks of a module were cleared or registered anew, also those of other people",
    "remove your own only, by the handles that register_... returned",
)
OVERWRITTEN = ("a forward method was overwritten and stays so", "use hooks, or put it back in `finally:`")


def names_the_blocks(capture_residuals):
    """a dict with the name of every BasicBlock, in order."""
    _expect_names(capture_residuals, deep_network())
    return _expect_names(capture_residuals, network())


def _expect_names(capture_residuals, model: nn.Module) -> str:
    """Refuse what is no dict of pairs, with the names of the model's blocks, in order; tells them."""
    got, expected = capture_residuals(model, noise(2, 3, 36, 36)), [n for n, _ in _blocks(model)]
    if not isinstance(got, dict):
        remedy = "return {name: (x, residual)}"
        raise Wrong("a dict", brief(got), *of_wrong_type(got, remedy))
    if list(got) != expected:
        likely = "names of other modules, or in another order"
        remedy = "go through model.named_modules(), take the BasicBlocks"
        if len(got) == 1 < len(expected):
            likely, remedy = ONE_NAME
        if not got:
            likely, remedy = NO_NAME
        raise Wrong(", ".join(expected), few(list(got), 5), likely, remedy)
    pairs = [name for name, value in got.items() if not _is_pair(value)]
    if pairs:
        likely = f"{pairs[0]} has {brief(got[pairs[0]])}"
        raise Wrong("a pair of tensors for each", f"something else in {few(pairs)}", likely, "(x, residual)")
    return few(expected)


@needs(names_the_blocks)
def keeps_the_tensors(capture_residuals):
    """x and F(x), as it was before the sum."""
    _expect_tensors(capture_residuals, training=False)
    _expect_tensors(capture_residuals, training=False, kind=Overwriting)


@needs(keeps_the_tensors)
def keeps_those_of_training(capture_residuals):
    """in training mode, those of training."""
    _expect_tensors(capture_residuals, training=True)


@needs(names_the_blocks)
def finds_them_anywhere(capture_residuals):
    """also inside another module, and of a subclass."""
    for make, why in (
        (
            lambda: nn.Sequential(network()),
            "names, or a depth, that fit one network only: here all blocks lie one level deeper",
        ),
        (lambda: network(OwnBlock), "an instance of a subclass is one of the class, too: isinstance"),
    ):
        expected = [name for name, _ in _blocks(make())]
        got = capture_residuals(make(), noise(2, 3, 36, 36))
        if not isinstance(got, dict) or list(got) != expected:
            told = few(list(got), 5) if isinstance(got, dict) else brief(got)
            raise Wrong(few(expected, 5), told, why, "go through model.named_modules()")


@needs(names_the_blocks)
def leaves_other_blocks_out(capture_residuals):
    """no other blocks: a network of bottlenecks has none."""
    got = capture_residuals(bottlenecks(), noise(2, 3, 36, 36))
    if got != {}:
        likely = "every module that has a bn2 was taken"
        raise Wrong("an empty dict", few(list(got), 5), likely, "ask for isinstance(module, BasicBlock)")


def removes_its_hooks(capture_residuals):
    """none of your hooks is left after the call."""
    model = network()
    for _ in range(2):
        capture_residuals(model, noise(1, 3, 33, 33))
    if hooks(model):
        raise Wrong("no hook", f"hooks on {few(list(hooks(model)))}", *LEFT)
    if patched(model):
        raise Wrong("methods as they were", f"forward of {few(patched(model))}", *OVERWRITTEN)


@needs(removes_its_hooks)
def removes_them_after_an_error(capture_residuals):
    """nor after the forward pass was ended, by Ctrl-C too."""
    for place, (kind, end) in itertools.product(("layer3.0.conv2", "conv1"), ENDS):
        model = network()
        handle = model.get_submodule(place).register_forward_pre_hook(end)
        passed_on = False
        try:
            capture_residuals(model, noise(1, 3, 33, 33))
        except kind:
            passed_on = True
        if not passed_on:
            raise Wrong("the exception of the model", "no exception", *NOT_PASSED_ON)
        handle.remove()
        if hooks(model):
            why = ONLY_EXCEPTIONS if kind is KeyboardInterrupt else NOT_FINALLY
            why = NOT_REACHED if place == "conv1" else why
            raise Wrong("no hook", f"hooks on {few(list(hooks(model)))}", *why)


def leaves_others(capture_residuals):
    """hooks of other people are still there."""
    model = network()
    model.layer1[0].register_forward_pre_hook(lambda *_: None)
    model.layer2[1].bn2.register_forward_hook(lambda *_: None)
    before, kept = hooks(model), Kept(model)
    capture_residuals(model, noise(1, 3, 33, 33))
    gone = [name for name, number in before.items() if hooks(model).get(name, 0) < number]
    if gone:
        raise Wrong("their hooks", f"gone from {few(gone)}", *OTHERS_GONE)
    anew = [name for name in kept.changes() if name.endswith(": hooks") and name != OF_ALL]
    if hooks(model) == before and anew:
        raise Wrong("their hooks", f"registered anew: {few(anew)}", *OTHERS_GONE)


@needs(removes_its_hooks)
def leaves_the_model(capture_residuals):
    """model and images are otherwise as they were."""
    model, images = network(), noise(2, 3, 33, 33)
    model.layer1.requires_grad_(False)
    kept = Kept(model)
    capture_residuals(model, images)
    if changed := kept.changes():
        likely = "something of the model was set for the forward pass and not set back"
        if changed == [OF_ALL]:
            likely = "a hook for all modules of all models is left"
        raise Wrong("the model as it was", f"changed: {few(changed)}", likely, "leave nothing behind")
    if not torch.equal(images, noise(2, 3, 33, 33)):
        raise Wrong("the images as they were", "others", "they were changed in place", "work on a copy")


def runs_once(capture_residuals):
    """the model runs once, in the mode in which it came."""
    model, calls = network(), []
    model.fc.register_forward_pre_hook(lambda module, _: calls.append(model.layer1[0].training))
    capture_residuals(model.train(), noise(2, 3, 33, 33))
    if len(calls) != 1:
        remedy = "one call, model(images), with all hooks in place"
        raise Wrong("one forward pass", f"{len(calls)}", "the model is called in a loop", remedy)
    if not all([*calls, *(m.training for m in model.modules())]):
        remedy = "leave the mode to the caller"
        raise Wrong("training mode, as it came", "another mode", "eval() was called", remedy)


CASES = (
    names_the_blocks,
    keeps_the_tensors,
    keeps_those_of_training,
    finds_them_anywhere,
    leaves_other_blocks_out,
    removes_its_hooks,
    removes_them_after_an_error,
    leaves_others,
    leaves_the_model,
    runs_once,
)


def capture(capture_residuals) -> None:
    """Check the exercise on capturing tensors inside a network."""
    run("capture_residuals", CASES, capture_residuals, library=(residual.capture, residual.recording))


def _expect_tensors(capture_residuals, training: bool, kind: type[BasicBlock] = BasicBlock) -> None:
    model, images = network(kind).train(training), noise(2, 3, 36, 36)
    with torch.no_grad():
        got = {k: tuple(v) for k, v in capture_residuals(model, images.clone()).items()}
        steps, other = (_reference(network(kind).train(mode), images) for mode in (training, not training))
    expected = _pairs(steps, ("x", "branch"))
    wrong = [name for name in expected if name in got and not all(map(_close, got[name], expected[name]))]
    if not wrong:
        return
    likely = _why(got, steps)
    if kind is Overwriting and not any(got[name][0].any() for name in wrong):
        likely = X_NOT_COPIED
    if all(map(_close, got[wrong[0]], _pairs(other, ("x", "branch"))[wrong[0]])):
        likely = ("the model was put in another mode for the pass", "leave the mode to the caller")
    raise Wrong("x and F(x) of every block", f"other tensors in {few(wrong)}", *likely)


def _blocks(model: nn.Module) -> list[tuple[str, BasicBlock]]:
    return [(name, m) for name, m in model.named_modules() if isinstance(m, BasicBlock)]


def _pairs(steps: dict, which: Sequence[str]) -> Captured:
    return {name: tuple(step[k] for k in which) for name, step in steps.items()}


def _why(got: Captured, steps: dict) -> tuple[str, str]:
    def observe(imitate: Callable[[dict], Captured]) -> list:
        pairs = imitate(steps)
        return [pairs.get(name, got[name]) for name in got]

    mistakes = (*PAIR_MISTAKES, MINUS_X, LAST_OF_ALL)
    return recognise(list(got.values()), None, mistakes, observe, OTHER_TENSORS)


def _close(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


def _is_pair(value: object) -> bool:
    return isinstance(value, tuple | list) and len(value) == 2 and all(isinstance(t, Tensor) for t in value)
