"""Check of exercise projection: when a projection is needed, and which blocks have one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn
from torchvision.models import resnet18, resnet50
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from course_utils.analysis import residual
from course_utils.checks.core import needs, run
from course_utils.checks.mistakes import Mistake, brief, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.checks.residual.tiny import OwnBlock

T = TypeVar("T")

# in_channels, out_channels, stride
SAME = (64, 64, 1)
SHAPES = (
    SAME, (64, 128, 2), (64, 128, 1), (128, 64, 1), (64, 64, 2),
    (256, 256, 1), (64, 64, 3), (128, 64, 2), (96, 32, 3), (64, 64, 4), (256, 64, 1),
)  # fmt: skip
NEEDED = (False, True, True, True, True, False, True, True, True, True, True)

NEEDS_MISTAKES = (
    *(
        Mistake(
            lambda i, o, s, always=always: always,
            "the answer is the same for every shape",
            "compare the channels, and look at the stride",
        )
        for always in (True, False)
    ),
    Mistake(
        lambda i, o, s: i != o,
        "a stride makes F(x) smaller than x, even where the channels are equal",
        "ask for the stride, too",
    ),
    Mistake(
        lambda i, o, s: s != 1,
        "only the stride is looked at: other channels do not fit either",
        "ask for the channels, too",
    ),
    Mistake(
        lambda i, o, s: i != o and s != 1,
        "`and` asks for both at once: either alone is enough",
        "use `or`",
    ),
    Mistake(
        lambda i, o, s: o > i or s != 1,
        "fewer channels at the end do not fit either",
        "compare with !=",
    ),
    Mistake(
        lambda i, o, s: i == o and s == 1,
        "this tells when the shortcut can be x: the opposite",
        "turn it round",
    ),
    *(
        Mistake(
            formula,
            "channels and stride are multiplied: one does not make up for the other",
            "ask for each by itself: channels that differ, or a stride other than 1",
        )
        for formula in (lambda i, o, s: i != o * s, lambda i, o, s: i * s != o)
    ),
    Mistake(
        lambda i, o, s: i != 4 * o or s != 1,
        "out_channels is multiplied by a bottleneck's 4, which it holds already",
        "in_channels and out_channels are those of the whole block",
    ),
    Mistake(
        lambda i, o, s: i > o or s != 1,
        "more channels at the end do not fit either",
        "compare with !=",
    ),
    Mistake(
        lambda i, o, s: i != o or s % 2 == 0,
        "only even strides are asked for",
        "any stride but 1 makes F(x) smaller",
    ),
    Mistake(
        lambda i, o, s: i != o or s == 2,
        "only stride 2 is asked for",
        "any stride but 1 makes F(x) smaller",
    ),
)
OTHER_SHAPES = (
    "none of the usual mistakes explains this",
    "when do x and F(x) have the same shape?",
)
TO_BOOL = "return a bool: a comparison gives one"


def _with_attribute(model):
    return [n for n, m in model.named_modules() if hasattr(m, "downsample")]


def _by_the_formula(model):
    names = []
    for name, block in model.named_modules():
        if isinstance(block, BasicBlock | Bottleneck):
            last = block.conv3 if isinstance(block, Bottleneck) else block.conv2
            if block.conv1.in_channels != last.out_channels or block.stride != 1:
                names.append(name)
    return names


def _by_the_first_convolution(model):
    blocks = [(n, m) for n, m in model.named_modules() if isinstance(m, BasicBlock | Bottleneck)]
    return [n for n, b in blocks if b.conv1.in_channels != b.conv1.out_channels or b.conv1.stride != (1, 1)]


def _first_of_each_stage(model):
    stages = [name for name, _ in model.named_children() if name.startswith("layer")]
    return [next((n for n in _right(model) if n.startswith(stage)), None) for stage in stages]


def _of_several_layers(model):
    blocks = [(n, m) for n, m in model.named_modules() if isinstance(m, BasicBlock | Bottleneck)]
    return [n for n, block in blocks if isinstance(block.downsample, nn.Sequential)]


def _of_projections(model):
    return [n for n, m in model.named_modules() if n.endswith("downsample") and m is not None]


# Each takes the place of projection_blocks.
LIST_MISTAKES = (
    Mistake(
        _by_the_formula,
        "these blocks would need one; here some were added and taken away",
        "ask each block for its downsample",
    ),
    Mistake(
        _by_the_first_convolution,
        "only the first convolution was looked at: a bottleneck has its stride and its width in later ones",
        "ask each block for its downsample",
    ),
    Mistake(
        lambda model: ["layer2.0", "layer3.0", "layer4.0"],
        "ResNet-18's list, or only blocks with a stride: ResNet-50's layer1.0 has stride 1",
        "ask each block for its downsample, do not go by names or strides",
    ),
    Mistake(
        lambda model: [f"layer{i}.0" for i in range(1, 5)],
        "the first block of each stage was taken: in ResNet-18 layer1.0 has none",
        "ask each block for its downsample",
    ),
    Mistake(
        _with_attribute,
        "every block has the attribute downsample; without a projection it is None",
        "ask for `downsample is not None`",
    ),
    Mistake(
        _of_several_layers,
        "only projections of several layers are found: a single convolution is one, too",
        "ask for `downsample is not None`",
    ),
    Mistake(
        _of_projections,
        "these are the projections themselves, not the blocks that hold them",
        "leave .downsample off the name",
    ),
    Mistake(
        lambda model: [n for n, m in model.named_modules() if isinstance(m, BasicBlock) and m.downsample],
        "bottlenecks are left out",
        "both BasicBlock and Bottleneck have projections",
    ),
    Mistake(
        lambda model: [n for n in _right(model) if type(model.get_submodule(n)) in (BasicBlock, Bottleneck)],
        "an instance of a subclass is one of torchvision's class, too",
        "ask by isinstance, or for the attribute downsample",
    ),
    Mistake(
        lambda model: [n.rpartition(".")[2] for n in _right(model)],
        "this is only the last part of each name",
        "return the whole path, such as layer2.0",
    ),
    Mistake(
        lambda model: [n for n in _right(model) if n.endswith(".0")],
        "only the first block of each stage is asked: here others have one, too",
        "ask every block: go through model.named_modules()",
    ),
    Mistake(
        lambda model: [n for n in _first_of_each_stage(model) if n],
        "the search ends at the first projection of each stage",
        "go on to the end: a stage can have several",
    ),
    Mistake(
        lambda model: sorted(_right(model), key=len),
        "the names are sorted by their length: layer3.10 comes behind layer4.0 then",
        "keep the order of the network",
    ),
    Mistake(
        lambda model: sorted(_right(model)),
        "the names are sorted as text: layer3.10 comes before layer3.2 then",
        "keep the order of the network",
    ),
    Mistake(
        lambda model: list(reversed(_right(model))),
        "the order is turned round",
        "go through model.named_modules(), which is in the order of the network",
    ),
    Mistake(
        lambda model: [],
        "nothing is found: BasicBlock is left out, or only named_children() was looked at, which are stages",
        "go through model.named_modules()",
    ),
)
OTHER_BLOCKS = (
    "none of the usual mistakes explains this",
    "go through model.named_modules() and look at downsample",
)


def tells_from_shapes(needs_projection, _):
    """needs_projection: channels differ, or a stride."""
    got = tuple(needs_projection(*shape) for shape in SHAPES)
    if got == NEEDED and all(type(value) is bool for value in got):
        return f"{len(SHAPES)} shapes"
    if not all(type(value) is bool for value in got):
        first = next(value for value in got if type(value) is not bool)
        raise Wrong("True or False", brief(first), *of_wrong_type(first, TO_BOOL))
    wrong = next(i for i, value in enumerate(got) if value != NEEDED[i])
    likely = recognise(got, NEEDED, NEEDS_MISTAKES, lambda ask: tuple(ask(*s) for s in SHAPES), OTHER_SHAPES)
    i, o, s = SHAPES[wrong]
    raise Wrong(f"{NEEDED[wrong]} for {i} -> {o} channels at stride {s}", got[wrong], *likely)


def lists_resnet18(_, projection_blocks):
    """projection_blocks of ResNet-18."""
    return _expect(projection_blocks, _meta(resnet18))


@needs(lists_resnet18)
def lists_resnet50(_, projection_blocks):
    """of ResNet-50, whose blocks are bottlenecks."""
    return _expect(projection_blocks, _meta(resnet50))


@needs(lists_resnet18)
def lists_others(_, projection_blocks):
    """of a network whose projections are elsewhere."""
    model = _meta(lambda: ResNet(BasicBlock, [2, 1, 11, 2]))
    _expect(projection_blocks, model)
    model.layer1[1].downsample, model.layer4[0].downsample = _square_projection(64), None
    _expect(projection_blocks, model)
    model = _meta(lambda: ResNet(BasicBlock, [2, 1, 11, 2]))
    for block in (model.layer1[1], model.layer3[2], model.layer3[10]):
        block.downsample = _square_projection(block.conv2.out_channels)
    model.layer4[0].downsample, model.layer4[1].downsample = None, _meta(lambda: nn.Conv2d(512, 512, 1))
    return _expect(projection_blocks, model)


@needs(lists_resnet18)
def lists_own_blocks(_, projection_blocks):
    """of a network whose blocks are of a subclass."""
    return _expect(projection_blocks, _meta(lambda: ResNet(OwnBlock, [1, 2, 1, 1])))


CASES = (tells_from_shapes, lists_resnet18, lists_resnet50, lists_others, lists_own_blocks)


def projection(needs_projection, projection_blocks) -> None:
    """Check the exercise on projections."""
    library = (residual.find_blocks, residual.identity_blocks)
    title = "needs_projection and projection_blocks"
    run(title, CASES, needs_projection, projection_blocks, library=library)


def _expect(projection_blocks, model: nn.Module) -> str:
    got, expected = projection_blocks(model), _right(model)
    right_type = type(got) is list and all(type(name) is str for name in got)
    if right_type and got == expected:
        return ", ".join(expected)
    otherwise = OTHER_BLOCKS if right_type else of_wrong_type(got, "return a list of str")
    if type(got) is list and not right_type:
        kinds = {type(item).__name__ for item in got}
        otherwise = f"its items are of type {', '.join(sorted(kinds))}", "return names: a list of str"
    likely = recognise(got, expected, LIST_MISTAKES, lambda ask: ask(model), otherwise)
    raise Wrong(expected, brief(got), *likely)


def _right(model: nn.Module) -> list[str]:
    kinds = (BasicBlock, Bottleneck)
    blocks = [(n, m) for n, m in model.named_modules() if isinstance(m, kinds)]
    return [name for name, block in blocks if block.downsample is not None]


def _square_projection(width: int) -> nn.Module:
    return _meta(lambda: nn.Sequential(nn.Conv2d(width, width, 1), nn.BatchNorm2d(width)))


def _meta(build: Callable[[], T]) -> T:
    """The network without memory for its weights: only its layers are looked at."""
    with torch.device("meta"):
        return build()
