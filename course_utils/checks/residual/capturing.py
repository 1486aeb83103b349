"""Check of exercise capture: the right tensors, and no hook left behind."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from course_utils.analysis import residual
from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, few, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.checks.residual.tiny import (
    Interruption,
    hooks,
    interrupt,
    network,
    noise,
    patched,
)

Captured = dict[str, tuple[Tensor, Tensor]]
NOT_COPIED = (
    "the kept tensor was changed later: `out += identity` and the ReLU work in place",
    "keep a copy: output.clone()",
)


def _reference(model: nn.Module, images: Tensor) -> dict[str, dict[str, Tensor]]:
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
            "inner": torch.relu(normed),
            "conv2": second,
            "branch": branch,
            "shortcut": shortcut,
            "sum": branch + shortcut,
            "output": output,
        }
        x = output
    return steps


# Each says which two steps were taken for x and F(x).
PAIR_MISTAKES = (
    Mistake(("x", "output"), *NOT_COPIED),
    Mistake(
        ("x", "sum"),
        "the shortcut was added to the kept tensor",
        "F(x) is what bn2 gives, before anything is added",
    ),
    Mistake(
        ("x", "conv2"),
        "this is the output of conv2: its norm belongs to F(x)",
        "hook bn2",
    ),
    Mistake(
        ("shortcut", "branch"),
        "this is what the projection makes of x",
        "x is the input of the block: a forward pre-hook sees it",
    ),
    Mistake(
        ("output", "branch"),
        "this is the block's output in place of its input",
        "a forward hook gets (module, inputs, output): x is inputs[0]",
    ),
    Mistake(
        ("branch", "x"),
        "x and F(x) have changed places",
        "(x, residual)",
    ),
    Mistake(
        ("x", "inner"),
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
OTHER_TENSORS = ("other tensors were kept", "the input of the block, and the output of its bn2")
LEFT = ("a hook was registered and not removed", "keep each handle and call handle.remove()")
NOT_FINALLY = (
    "the hooks are removed only when all goes well",
    "remove them in the `finally:` of a `try:`",
)
NOT_PASSED_ON = ("the exception was caught", "use `try: ... finally: ...` without `except`")
OTHERS_GONE = (
    "all hooks of a module were cleared, also those of other people",
    "remove your own only, by the handles that register_... returned",
)
OVERWRITTEN = ("a forward method was overwritten and stays so", "use hooks, or put it back in `finally:`")


def names_the_blocks(capture_residuals):
    """a dict with the name of every BasicBlock, in order."""
    model = network()
    got, expected = capture_residuals(model, noise(2, 3, 36, 36)), [n for n, _ in _blocks(model)]
    if not isinstance(got, dict):
        remedy = "return {name: (x, residual)}"
        raise Wrong("a dict", brief(got), *of_wrong_type(got, remedy))
    if list(got) != expected:
        likely = "names of other modules, or in another order"
        remedy = "go through model.named_modules(), take the BasicBlocks"
        raise Wrong(", ".join(expected), few(list(got), 5), likely, remedy)
    pairs = [name for name, value in got.items() if not _is_pair(value)]
    if pairs:
        likely = f"{pairs[0]} has {brief(got[pairs[0]])}"
        raise Wrong("a pair of tensors for each", f"something else in {few(pairs)}", likely, "(x, residual)")
    return few(expected)


@needs(names_the_blocks)
def keeps_the_tensors(capture_residuals):
    """x and F(x), as it was before the sum."""
    model, images = network(), noise(2, 3, 36, 36)
    with torch.no_grad():
        got = {k: tuple(v) for k, v in capture_residuals(model, images.clone()).items()}
        steps = _reference(network(), images)
    expected = _pairs(steps, ("x", "branch"))
    wrong = [name for name in expected if not all(map(_close, got[name], expected[name]))]
    if not wrong:
        return
    raise Wrong("x and F(x) of every block", f"other tensors in {few(wrong)}", *_why(got, steps))


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
    """nor after the forward pass has raised."""
    model = network()
    handle = model.layer3[0].conv2.register_forward_pre_hook(interrupt)
    try:
        capture_residuals(model, noise(1, 3, 33, 33))
    except Interruption:
        pass
    else:
        raise Wrong("the exception of the model", "no exception", *NOT_PASSED_ON)
    handle.remove()
    if hooks(model):
        raise Wrong("no hook", f"hooks on {few(list(hooks(model)))}", *NOT_FINALLY)


def leaves_others(capture_residuals):
    """hooks of other people are still there."""
    model = network()
    model.layer1[0].register_forward_pre_hook(lambda *_: None)
    model.layer2[1].bn2.register_forward_hook(lambda *_: None)
    before = hooks(model)
    capture_residuals(model, noise(1, 3, 33, 33))
    gone = [name for name, number in before.items() if hooks(model).get(name, 0) < number]
    if gone:
        raise Wrong("their hooks", f"gone from {few(gone)}", *OTHERS_GONE)


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
    removes_its_hooks,
    removes_them_after_an_error,
    leaves_others,
    runs_once,
)


def capture(capture_residuals) -> None:
    """Check the exercise on capturing tensors inside a network."""
    run("capture_residuals", CASES, capture_residuals, library=(residual.capture, residual.recording))


def _blocks(model: nn.Module) -> list[tuple[str, nn.Module]]:
    return [(name, m) for name, m in model.named_modules() if isinstance(m, BasicBlock)]


def _pairs(steps: dict, which: tuple[str, str]) -> Captured:
    return {name: tuple(step[k] for k in which) for name, step in steps.items()}


def _why(got: Captured, steps: dict) -> tuple[str, str]:
    def observe(imitate: tuple[str, str] | Callable) -> list:
        pairs = imitate(steps) if callable(imitate) else _pairs(steps, imitate)
        return [pairs.get(name, got[name]) for name in got]

    mistakes = (*PAIR_MISTAKES, MINUS_X, LAST_OF_ALL)
    return recognise(list(got.values()), None, mistakes, observe, OTHER_TENSORS)


def _close(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


def _is_pair(value: object) -> bool:
    pair = isinstance(value, tuple | list) and len(value) == 2
    return pair and all(isinstance(t, Tensor) for t in value)
