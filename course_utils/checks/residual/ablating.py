"""Check of exercise ablate_block: one block gives its shortcut alone, and the model is restored."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from course_utils.analysis import residual
from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, few, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.checks.residual.tiny import ENDS, bottlenecks, deep_network, network, noise
from course_utils.checks.unchanged import Kept

# Each gives the output of the block from the block, its input and its usual output.
MISTAKES = (
    Mistake(
        lambda block, x, output: output,
        "nothing was left out: these are the logits of the whole network",
        "a hook that returns a value replaces the output; one that returns None does not",
    ),
    Mistake(
        lambda block, x, output: torch.zeros_like(output),
        "the block gives zeros: the shortcut is gone, too",
        "what stays is relu(shortcut)",
    ),
    Mistake(
        lambda block, x, output: torch.relu(output - x) if output.shape == x.shape else output,
        "x was taken away from the output: what the ReLU has cut does not come back",
        "start from x, not from the output",
    ),
    Mistake(
        lambda block, x, output: output - (x if block.downsample is None else block.downsample(x)),
        "the shortcut was taken away from the output, and it is what should stay",
        "pass on relu(shortcut), and nothing of the output",
    ),
)
PROJECTION_MISTAKES = (
    Mistake(
        lambda block, x, output: block.downsample(x),
        "the ReLU after the projection is missing",
        "the block ends in a ReLU, whatever is added",
    ),
    Mistake(
        lambda block, x, output: torch.relu(block.downsample[0](x)),
        "the norm of the projection does not run",
        "send x through the whole of downsample",
    ),
    *MISTAKES,
)
BIAS_STAYS = Mistake(
    lambda block, x, output: torch.relu(
        block.bn2.bias[:, None, None] + (x if block.downsample is None else block.downsample(x))
    ),
    "the last norm still adds its bias",
    "F(x) is zero only if weight and bias of the last norm are",
)
BN2_ONLY = Mistake(
    lambda block, x, output: torch.relu(
        block.bn3(block.conv3(0 * block.bn2(block.conv2(torch.relu(block.bn1(block.conv1(x)))))))
        + (x if block.downsample is None else block.downsample(x))
    ),
    "bn2 was set to zero, but the last norm of a bottleneck is bn3",
    "do it without a name: a hook that replaces the output of the block",
)
NOT_PROJECTED = (
    "x itself was passed on, but the next layer takes what the projection makes of it",
    "where the block has a downsample, pass on relu(block.downsample(x))",
)
PROBABILITIES = ("these are probabilities", "return what the model gives")
EVAL_MODE = (
    "these are the logits of evaluation, but the model came in training mode",
    "leave the mode to the caller",
)
OTHER_LOGITS = ("none of the usual mistakes explains this", "the block's output is relu(shortcut)")
NOT_RESTORED = ("what was changed is not put back", "put it back in the `finally:` of a `try:`")
ONE_MODE = (
    "train(...) and eval() give all layers one mode; some of this model had another one",
    "leave the modes alone, or put back the .training of each module",
)
PATCHED = (
    "the block has a `forward` of its own now, which hides that of its class",
    "`del block.forward` in a `finally:`, or use a forward hook",
)
ONLY_EXCEPTIONS = (
    "`except Exception` does not see a KeyboardInterrupt",
    "put it back in the `finally:` of a `try:`",
)
ROUNDED = (
    "numbers were changed and reckoned back, which leaves an error of rounding",
    "keep a copy and put that back, or change no number at all",
)
STATISTICS = (
    "running statistics have moved: a norm ran in training mode",
    "leave the mode to the caller",
)
NOT_REACHED = (
    "it is put back only once the block has run, and here the forward pass ended in conv1, before it",
    "put it back in the `finally:` of a `try:` around the call of the model",
)
NOT_FINALLY = ("it is put back only when all goes well", "put it back in the `finally:` of a `try:`")


def skips_an_identity_block(logits_without):
    """a block with an identity shortcut passes on x."""
    for name in ("layer2.1", "layer1.0"):
        _expect(logits_without, network, name, (*MISTAKES, BIAS_STAYS))


def skips_a_projection_block(logits_without):
    """a block with a projection passes on relu(W x)."""
    _expect(logits_without, network, "layer3.0", (*PROJECTION_MISTAKES, BIAS_STAYS))


@needs(skips_an_identity_block, skips_a_projection_block)
def skips_bottlenecks(logits_without):
    """the same with bottleneck blocks."""
    for name in ("layer2.1", "layer1.0"):
        _expect(logits_without, bottlenecks, name, (*PROJECTION_MISTAKES, BN2_ONLY))


@needs(skips_an_identity_block, skips_a_projection_block)
def skips_one_block_only(logits_without):
    """layer2.1 is left out, not layer2.10 as well."""
    begins_so = Mistake(
        lambda model: _names_that_begin(model, "layer2.1"),
        "blocks whose names begin with the name are left out, too: layer2.10",
        "take model.get_submodule(name)",
    )
    images = noise(2, 3, 36, 36)
    with torch.no_grad():
        got, expected = (
            logits_without(deep_network(), "layer2.1", images.clone()),
            _logits(deep_network(), "layer2.1", images, _shortcut_only),
        )
        if _alike(got, expected):
            return
        likely = recognise(
            got,
            expected,
            (begins_so,),
            lambda leave_out: _without(deep_network(), leave_out, images),
            OTHER_LOGITS,
        )
    raise Wrong(f"logits without layer2.1: {_first(expected)}", _first(got), *likely)


@needs(skips_an_identity_block, skips_a_projection_block)
def goes_by_the_mode(logits_without):
    """in training mode, if the model is in it."""

    def training() -> nn.Module:
        return network().train()

    for name in ("layer2.1", "layer3.0"):
        _expect(logits_without, training, name, (*PROJECTION_MISTAKES, BIAS_STAYS), network)


def restores_the_model(logits_without):
    """model and images are afterwards as they were."""
    for name in ("layer2.1", "layer3.0"):
        model, images = network(), noise(2, 3, 36, 36)
        model.layer1.requires_grad_(False)
        model.avgpool.train()
        model.get_submodule(name).register_forward_hook(lambda *_: None)
        kept = Kept(model)
        logits_without(model, name, images)
        _expect_same(kept, NOT_RESTORED)
        if not torch.equal(images, noise(2, 3, 36, 36)):
            raise Wrong("the images as they were", "others", "they were changed in place", "work on a copy")


@needs(restores_the_model)
def restores_after_an_error(logits_without):
    """also when the forward pass was ended, by Ctrl-C too."""
    for place, (kind, end) in itertools.product(("layer4.0", "conv1"), ENDS):
        model = network()
        model.get_submodule(place).register_forward_pre_hook(end)
        kept = Kept(model)
        why = NOT_FINALLY if kind is not KeyboardInterrupt else ONLY_EXCEPTIONS
        try:
            logits_without(model, "layer2.1", noise(2, 3, 36, 36))
        except kind:
            _expect_same(kept, NOT_REACHED if place == "conv1" else why)
        else:
            likely = "the exception was caught"
            remedy = "use `try: ... finally: ...` without `except`"
            raise Wrong("the model's exception", "none", likely, remedy)


CASES = (
    skips_an_identity_block,
    skips_a_projection_block,
    skips_bottlenecks,
    skips_one_block_only,
    goes_by_the_mode,
    restores_the_model,
    restores_after_an_error,
)


def ablate_block(logits_without) -> None:
    """Check the exercise on leaving a block out."""
    run("logits_without", CASES, logits_without, library=(residual.skipped,))


def _expect(
    logits_without, make: Callable, name: str, mistakes: tuple[Mistake, ...], in_eval: Callable | None = None
) -> None:
    """Compare the logits without a block; ``in_eval`` makes the same network in the other mode."""
    images = noise(2, 3, 36, 36)
    with torch.no_grad():
        got = _ask(logits_without, make(), name, images.clone())
        expected = _logits(make(), name, images, _shortcut_only)
        if not isinstance(got, Tensor):
            raise Wrong("logits", brief(got), *of_wrong_type(got, "return the model's output"))
        if _alike(got, expected):
            return
        likely = recognise(
            got, expected, mistakes, lambda imitate: _logits(make(), name, images, imitate), OTHER_LOGITS
        )
        if _alike(got, expected.softmax(dim=1)):
            likely = PROBABILITIES
        elif in_eval and _alike(got, _logits(in_eval(), name, images, _shortcut_only)):
            likely = EVAL_MODE
    raise Wrong(f"logits without {name}: {_first(expected)}", _first(got), *likely)


def _ask(logits_without, model: nn.Module, name: str, images: Tensor) -> object:
    """The answer; names the mistake where the next layer does not take what the block passes on."""
    projects = model.get_submodule(name).downsample is not None
    try:
        return logits_without(model, name, images)
    except RuntimeError as problem:
        if not projects or "expected input" not in str(problem):
            raise
        raise Wrong(f"logits without {name}", f"RuntimeError: {problem}", *NOT_PROJECTED) from problem


def _logits(model: nn.Module, name: str, images: Tensor, change: Callable) -> Tensor:
    block = model.get_submodule(name)
    block.register_forward_hook(lambda block, inputs, output: change(block, inputs[0], output))
    return model(images)


def _shortcut_only(block: BasicBlock, x: Tensor, output: Tensor) -> Tensor:
    return torch.relu(x if block.downsample is None else block.downsample(x))


def _names_that_begin(model: nn.Module, beginning: str) -> list[str]:
    """Names of the blocks whose name begins so."""
    return [
        name for name, m in model.named_modules() if name.startswith(beginning) and hasattr(m, "downsample")
    ]


def _without(model: nn.Module, leave_out: Callable, images: Tensor) -> Tensor:
    """Logits without several blocks."""
    for name in leave_out(model):
        model.get_submodule(name).register_forward_hook(
            lambda block, inputs, output: _shortcut_only(block, inputs[0], output)
        )
    return model(images)


def _alike(got: object, expected: Tensor) -> bool:
    return (
        isinstance(got, Tensor) and got.shape == expected.shape and torch.allclose(got, expected, atol=1e-5)
    )


def _expect_same(kept: Kept, why: tuple[str, str]) -> None:
    changed = kept.changes()
    if not changed:
        return
    if all(name.endswith(": forward") for name in changed):
        why = PATCHED
    elif all(name.endswith(": mode") for name in changed):
        why = ONE_MODE
    elif all(name in kept.before and isinstance(kept.before[name], Tensor) for name in changed):
        why = _why_moved({name: kept.before[name] for name in changed}, kept.facts(), why)
    raise Wrong("the model as it was", f"changed: {few(changed)}", *why)


def _why_moved(before: dict, after: dict, otherwise: tuple[str, str]) -> tuple[str, str]:
    """Likely cause and remedy where numbers alone have changed."""
    if all("running" in name or "tracked" in name for name in before):
        return STATISTICS
    nearly = all(torch.allclose(tensor, after[name], rtol=1e-5) for name, tensor in before.items())
    return ROUNDED if nearly else otherwise


def _first(logits: object) -> str:
    if not isinstance(logits, Tensor):
        return brief(logits)
    return " ".join(f"{value:.4g}" for value in logits[0].flatten()[:4].tolist())
