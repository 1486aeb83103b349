"""Check of exercise keep_stem: a 4x4 map for a 32x32 image, and every pretrained tensor kept."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.models import ResNet

from course_utils import models
from course_utils.checks.core import Mistake, Wrong, must_work, needs, recognise, run
from course_utils.checks.finetune.tiny import build, resnet


def _only_pool(model):
    model.maxpool = nn.Identity()


def _only_stride(model):
    model.conv1.stride = (1, 1)


def _only_pool_stride(model):
    model.maxpool.stride = 1


def _layer_stride(model):
    for block in (model.layer3[0], model.layer4[0]):
        block.conv1.stride = block.downsample[0].stride = (1, 1)


def _nothing(model):
    pass


# Each changes a stock ResNet; what they have in common with an answer are the logits.
MISTAKES = (
    Mistake(
        _nothing,
        "nothing in the model has changed",
        "find the two layers in front of layer1 that halve the image",
    ),
    Mistake(
        _only_pool,
        "only the max-pool is gone: conv1 still halves the image",
        "let conv1 step by one pixel, too",
    ),
    Mistake(
        _only_stride,
        "only conv1 was changed: the max-pool still halves the map",
        "replace maxpool by a layer that does nothing",
    ),
    Mistake(
        _layer_stride,
        "later layers were changed, and the stem still shrinks the image to 8x8",
        "leave layer1 to layer4 as they are; change what comes before",
    ),
)
TOO_SMALL = ("something in the stem still shrinks the map", "print the shape after conv1 and after maxpool")
KEEP_THE_LAYER = "change an attribute of conv1 rather than replace the layer"


def returns_a_model(keep_stem):
    """the model is returned."""
    got = keep_stem(_stock())
    if not isinstance(got, nn.Module):
        likely = "a `return` is missing" if got is None else "something else is returned"
        raise Wrong("a model (nn.Module)", type(got).__name__, likely, "end in `return model`")


@needs(returns_a_model)
def gives_4x4(keep_stem):
    """a 32x32 image gives a 4x4 map in layer4."""
    height, width = _map_size(keep_stem)
    if (height, width) == (4, 4):
        return "512 x 4 x 4"
    logits = _logits(keep_stem(_stock()))
    likely = recognise(logits, MISTAKES, _logits_after, TOO_SMALL)
    raise Wrong("4x4", f"{height}x{width}", *likely)


@needs(returns_a_model)
def keeps_names(keep_stem):
    """every tensor of the state_dict keeps its name."""
    before, after = _states(keep_stem)
    lost, new = [k for k in before if k not in after], [k for k in after if k not in before]
    if not lost and not new:
        return f"{len(before)} names"
    likely = ("layers were added or replaced", KEEP_THE_LAYER)
    if lost and all(any(k.endswith(f".{old}") for k in new) for old in lost):
        likely = ("the model was put inside another one", "change the model itself and return it")
    if new and all("bias" in k for k in new):
        likely = ("a new layer has a bias that the pretrained one has not", KEEP_THE_LAYER)
    raise Wrong("the same names", f"missing: {_few(lost)}; new: {_few(new)}", *likely)


@needs(keeps_names)
def keeps_shapes(keep_stem):
    """every tensor keeps its shape."""
    before, after = _states(keep_stem)
    changed = [k for k in before if before[k].shape != after[k].shape]
    if not changed:
        return
    k = changed[0]
    raise Wrong(
        f"{k} {list(before[k].shape)}",
        f"{list(after[k].shape)}",
        "the pretrained kernel was cut or replaced by one of another size",
        f"keep the whole kernel: {KEEP_THE_LAYER}",
    )


@needs(keeps_shapes)
def keeps_values(keep_stem):
    """every tensor keeps its values, bit for bit."""
    before, after = _states(keep_stem)
    changed = [k for k in before if not torch.equal(before[k], after[k])]
    if not changed:
        return
    likely = ("the layer is new and random", f"copy the pretrained values, or {KEEP_THE_LAYER}")
    if any("running" in k or "num_batches" in k for k in changed):
        likely = (
            "images went through the model in training mode: running statistics moved",
            "leave the forward pass to the training loop",
        )
    raise Wrong("0 tensors changed", f"{len(changed)} changed: {_few(changed)}", *likely)


CASES = (returns_a_model, gives_4x4, keeps_names, keeps_shapes, keeps_values)


def keep_stem(keep_stem) -> None:
    """Check the exercise on a stem that keeps small images large."""
    run("keep_stem", CASES, keep_stem, library=(models.adapt_stem, models.build_model))


def _stock() -> ResNet:
    """A ResNet with one block a stage."""
    return resnet(blocks=1)


def _states(keep_stem) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The tensors of the model before and after."""
    model = _stock()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    return before, keep_stem(model).state_dict()


def _map_size(keep_stem) -> tuple[int, int]:
    model = keep_stem(_stock())
    layer4 = next((m for name, m in model.named_modules() if name.split(".")[-1] == "layer4"), None)
    sizes: list[tuple[int, int]] = []
    if layer4 is not None:
        layer4.register_forward_hook(lambda _, inputs, output: sizes.append(tuple(output.shape[2:])))
        _logits(model)
    if not sizes:
        raise Wrong("a model that uses layer4", "none", "it is another model", "change and return `model`")
    return sizes[-1]


def _logits(model: nn.Module) -> Tensor:
    x = build(lambda: torch.randn(1, 3, 32, 32))
    expected = "an image goes through the model"
    with must_work(expected, "a layer is no longer one", "nn.Identity() is a layer that does nothing"):
        with torch.no_grad():
            return model.eval()(x)


def _logits_after(change) -> Tensor:
    model = _stock()
    change(model)
    return _logits(model)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "") or "none"
