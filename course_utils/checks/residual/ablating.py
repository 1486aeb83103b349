"""Check of exercise ablate_block: one block gives its shortcut alone, and the model is restored."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.analysis import residual
from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, few, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.checks.residual.tiny import (
    Interruption,
    bottlenecks,
    hooks,
    interrupt,
    network,
    noise,
    patched,
)

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
OTHER_LOGITS = ("something else than F(x) was left out", "the block's output is relu(shortcut)")
NOT_RESTORED = ("what was changed is not put back", "put it back in the `finally:` of a `try:`")
PATCHED = (
    "the block has a `forward` of its own now, which hides that of its class",
    "`del block.forward` in a `finally:`, or use a forward hook",
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
        _expect(logits_without, bottlenecks, name, PROJECTION_MISTAKES)


def restores_the_model(logits_without):
    """the model is afterwards as it was."""
    for name in ("layer2.1", "layer3.0"):
        model = network()
        handle = model.layer2[0].register_forward_hook(lambda *_: None)
        before = _state(model)
        logits_without(model, name, noise(2, 3, 36, 36))
        _expect_same(before, _state(model), NOT_RESTORED)
        handle.remove()


@needs(restores_the_model)
def restores_after_an_error(logits_without):
    """also when the forward pass has raised."""
    model = network()
    model.layer4[0].register_forward_pre_hook(interrupt)
    before = _state(model)
    try:
        logits_without(model, "layer2.1", noise(2, 3, 36, 36))
    except Interruption:
        _expect_same(before, _state(model), NOT_FINALLY)
        return
    likely = "the exception was caught"
    raise Wrong("the model's exception", "none", likely, "use `try: ... finally: ...` without `except`")


CASES = (
    skips_an_identity_block,
    skips_a_projection_block,
    skips_bottlenecks,
    restores_the_model,
    restores_after_an_error,
)


def ablate_block(logits_without) -> None:
    """Check the exercise on leaving a block out."""
    run("logits_without", CASES, logits_without, library=(residual.skipped,))


def _expect(logits_without, make: Callable, name: str, mistakes: tuple[Mistake, ...]) -> None:
    images = noise(2, 3, 36, 36)
    with torch.no_grad():
        got = logits_without(make(), name, images.clone())
        expected = _logits(make(), name, images, _shortcut_only)
        if not isinstance(got, Tensor):
            raise Wrong("logits", brief(got), *of_wrong_type(got, "return the model's output"))
        if got.shape == expected.shape and torch.allclose(got, expected, atol=1e-5):
            return
        likely = recognise(
            got, expected, mistakes, lambda imitate: _logits(make(), name, images, imitate), OTHER_LOGITS
        )
    raise Wrong(f"logits without {name}: {_first(expected)}", _first(got), *likely)


def _logits(model: nn.Module, name: str, images: Tensor, change: Callable) -> Tensor:
    block = model.get_submodule(name)
    block.register_forward_hook(lambda block, inputs, output: change(block, inputs[0], output))
    return model(images)


def _shortcut_only(block: nn.Module, x: Tensor, output: Tensor) -> Tensor:
    return torch.relu(x if block.downsample is None else block.downsample(x))


def _state(model: nn.Module) -> dict[str, object]:
    """Everything of a model that an answer might leave changed."""
    return {
        "hooks": hooks(model),
        "methods": patched(model),
        "layers": [(name, id(m)) for name, m in model.named_modules()],
        "mode": [m.training for m in model.modules()],
        "tensors": {name: t.clone() for name, t in model.state_dict().items()},
    }


def _expect_same(before: dict, after: dict, why: tuple[str, str]) -> None:
    changed = [what for what in before if what != "tensors" and before[what] != after[what]]
    tensors = before["tensors"]
    moved = [k for k in tensors if not torch.equal(tensors[k], after["tensors"].get(k, torch.empty(0)))]
    if changed == ["methods"]:
        why = PATCHED
    if changed or moved:
        raise Wrong("the model as it was", f"changed: {few([*changed, *moved])}", *why)


def _first(logits: Tensor) -> str:
    return " ".join(f"{value:.3f}" for value in logits[0].flatten()[:4].tolist())
