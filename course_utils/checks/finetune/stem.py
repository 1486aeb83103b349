"""Check of exercise keep_stem: a 4x4 map for a 32x32 image, and every pretrained tensor kept."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from course_utils.checks.core import must_work, needs, run
from course_utils.checks.finetune.tiny import build, small_resnet
from course_utils.checks.mistakes import Mistake, brief, few, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.models import building, stems

Sizes = dict[str, tuple[int, int]]
BATCHES = 40  # that a norm of the model has seen
EXPECTED_SIZES: Sizes = {"layer1": (32, 32), "layer4": (4, 4)}


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


ONLY_POOL = (
    "only the max-pool was changed: conv1 still halves the image",
    "let conv1 step by one pixel",
)
POOL_HALVES = (
    "conv1 steps by one pixel, but the max-pool still halves the map",
    "replace maxpool by a layer that does nothing",
)
# Each changes a stock ResNet; an answer that makes the same mistake gives the same logits.
MISTAKES = (
    Mistake(
        _nothing,
        "nothing in the model has changed",
        "find the two layers in front of layer1 that halve the image",
    ),
    Mistake(_only_pool, *ONLY_POOL),
    Mistake(_only_pool_stride, *ONLY_POOL),
    Mistake(_only_stride, *POOL_HALVES),
    Mistake(
        _layer_stride,
        "later layers were changed, but the stem still shrinks the image to 8x8",
        "leave layer1 to layer4 as they are; change what comes before",
    ),
)
STEM_SHRINKS = (
    "something in front of layer1 still shrinks the map, or conv1 lost its padding",
    "print the shape after conv1 and after maxpool",
)
LAYERS_DIFFER = (
    "layer1 to layer4 no longer shrink as before",
    "change only what comes before them",
)
KEEP_THE_LAYER = "change an attribute of conv1 rather than replace the layer"


def returns_a_model(keep_stem):
    """the model is returned."""
    got = keep_stem(small_resnet())
    if not isinstance(got, nn.Module):
        likely = of_wrong_type(got, "end in `return model`")
        raise Wrong("a model (nn.Module)", brief(got), *likely)


@needs(returns_a_model)
def keeps_maps_large(keep_stem):
    """maps of 32x32 in layer1 and of 4x4 in layer4."""
    model = keep_stem(small_resnet())
    sizes = _map_sizes(model)
    if sizes == EXPECTED_SIZES:
        _expect_no_smaller_map(model)
        return
    otherwise = LAYERS_DIFFER if sizes["layer1"] == EXPECTED_SIZES["layer1"] else STEM_SHRINKS
    likely = recognise(_logits(model), None, MISTAKES, _logits_after, otherwise)
    if likely == ONLY_POOL and getattr(getattr(model, "conv1", None), "stride", None) == (1, 1):
        likely = POOL_HALVES  # which gives the same numbers, if the pool takes every second one
    raise Wrong(_in_words(EXPECTED_SIZES), _in_words(sizes), *likely)


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
    raise Wrong("the same names", f"missing: {few(lost)}; new: {few(new)}", *likely)


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
    cast = [k for k in before if before[k].dtype != after[k].dtype]
    if cast:
        likely = "all tensors were turned into another type"
        raise Wrong(
            f"{cast[0]} in {before[cast[0]].dtype}", after[cast[0]].dtype, likely, "leave the type alone"
        )
    changed = [k for k in before if not torch.equal(before[k], after[k])]
    if not changed:
        _expect_double_kept(keep_stem)
        return
    raise Wrong("0 tensors changed", f"{len(changed)} changed: {few(changed)}", *_why_changed(changed, after))


CASES = (returns_a_model, keeps_maps_large, keeps_names, keeps_shapes, keeps_values)


def keep_stem(keep_stem) -> None:
    """Check the exercise on a stem that keeps small images large."""
    run("keep_stem", CASES, keep_stem, library=(stems.adapt_stem, building.build_model))


def _expect_double_kept(keep_stem) -> None:
    """Refuse a layer in which the numbers of a float64 network are rounded."""
    after = keep_stem(_pretrained().double()).state_dict()
    if cast := [name for name, tensor in after.items() if tensor.dtype == torch.float32]:
        likely = "a new layer is float32 unless told otherwise: the numbers copied into it are rounded"
        raise Wrong("float64, as in the model", f"float32 in {few(cast)}", likely, KEEP_THE_LAYER)


def _why_changed(changed: list[str], after: dict[str, Tensor]) -> tuple[str, str]:
    counts = [int(after[k]) for k in changed if k.endswith("num_batches_tracked")]
    if counts and max(counts) > BATCHES:
        return (
            "images went through the model in training mode: running statistics moved",
            "leave the forward pass to the training loop",
        )
    if counts:
        return "a norm is new, or its running statistics were reset", "leave every norm as it is"
    return "the layer is new, or its numbers were changed", f"copy the pretrained values, or {KEEP_THE_LAYER}"


def _pretrained() -> nn.Module:
    """A small ResNet in which no tensor has the value of a new one, running statistics included."""
    model = small_resnet()
    g = torch.Generator().manual_seed(4)
    for tensor in model.state_dict().values():
        tensor.copy_(torch.rand(tensor.shape, generator=g) + BATCHES * (not tensor.is_floating_point()))
    return model


def _states(keep_stem) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The tensors of the model before and after."""
    model = _pretrained()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    return before, keep_stem(model).state_dict()


def _map_sizes(model: nn.Module) -> Sizes:
    """Height and width of the maps that layer1 and layer4 give, wherever they are in the model."""
    sizes: Sizes = {}
    for path, module in model.named_modules():
        name = path.split(".")[-1]
        if name in EXPECTED_SIZES:
            module.register_forward_hook(
                lambda _, inputs, output, name=name: sizes.update({name: tuple(output.shape[2:])})
            )
    _logits(model)
    if sizes.keys() != EXPECTED_SIZES.keys():
        likely = "this is another model"
        raise Wrong("a model with layer1 to layer4", "none of them", likely, "change `model` and return it")
    return sizes


class _Sides(TorchDispatchMode):
    """Notes the shorter side of each map that any operation gives, by a layer or not."""

    def __init__(self):
        super().__init__()
        self.noted: list[int] = []
        self.on = True

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        first = result[0] if isinstance(result, tuple | list) and result else result
        if self.on and isinstance(first, Tensor) and first.dim() == 4 and len(first) == 2:
            self.noted.append(min(first.shape[2:]))
        return result


def smallest_map_before_layer1(model: nn.Module) -> int:
    """Shorter side of the smallest map between a 32x32 image and ``layer1``."""
    with torch.no_grad(), _Sides() as sides:
        for path, module in model.eval().named_modules():
            if path.split(".")[-1] == "layer1":
                module.register_forward_pre_hook(lambda *_: setattr(sides, "on", False))
        model(torch.zeros(2, 3, 32, 32))
    return min(sides.noted)


def _expect_no_smaller_map(model: nn.Module) -> None:
    """Refuse a stem that shrinks the map and enlarges it again."""
    if (side := smallest_map_before_layer1(model)) < 32:
        likely = "the map is halved and enlarged again: what was lost does not come back"
        got = f"one of {side}x{side}"
        raise Wrong("no map smaller than 32x32 before layer1", got, likely, "let conv1 step by one pixel")


def _in_words(sizes: Sizes) -> str:
    return ", ".join(f"{height}x{width} in {name}" for name, (height, width) in sorted(sizes.items()))


def _logits(model: nn.Module) -> Tensor:
    x = build(lambda: torch.randn(1, 3, 32, 32))
    remedy = "nn.Identity() is a layer that does nothing"
    with torch.no_grad(), must_work("an image goes through", "a layer is no longer one", remedy):
        return model.eval()(x)


def _logits_after(change) -> Tensor:
    model = small_resnet()
    change(model)
    return _logits(model)
