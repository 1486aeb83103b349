"""Check of exercise basic_block: torchvision's tensors load, and the outputs are the same."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torchvision.models import resnet

from course_utils.checks.core import must_work, needs, run
from course_utils.checks.graded import own_work
from course_utils.checks.mistakes import Mistake, brief, few, recognise
from course_utils.checks.report import LibraryAnswer, Wrong
from course_utils.checks.residual import tiny
from course_utils.checks.residual.tiny import noise

Shape = tuple[int, int, int]
SAME_SHAPE = (4, 4, 1)
PROJECTED = {
    "more channels": (4, 6, 1),
    "fewer channels": (6, 4, 1),
    "stride 2": (4, 4, 2),
    "both": (4, 6, 2),
    "twice the channels": (4, 8, 2),
    "half the channels": (8, 4, 2),
    "stride 3": (4, 4, 3),
    "stride 4": (4, 6, 4),
}
TORCHVISION = (
    resnet.BasicBlock.__init__,
    resnet.BasicBlock.forward,
    resnet.Bottleneck.__init__,
    resnet.Bottleneck.forward,
)


def _branch(block, x, middle=torch.relu):
    return block.bn2(block.conv2(middle(block.bn1(block.conv1(x)))))


def _shortcut(block, x):
    return x if block.downsample is None else block.downsample(x)


# Each is a forward pass with torchvision's layers; its name says what is wrong with it.
MISTAKES = (
    Mistake(
        lambda block, x: torch.relu(_branch(block, x)),
        "nothing was added: this is a plain block",
        "add the shortcut to the output of bn2",
    ),
    Mistake(
        lambda block, x: _branch(block, x) + _shortcut(block, x),
        "the ReLU after the sum is missing",
        "the block ends in relu(F(x) + shortcut)",
    ),
    Mistake(
        lambda block, x: torch.relu(_branch(block, x)) + _shortcut(block, x),
        "the last ReLU comes before the sum: so F(x) could never be negative",
        "add first, then apply the ReLU to the sum",
    ),
    Mistake(
        lambda block, x: torch.relu(block.conv2(torch.relu(block.bn1(block.conv1(x)))) + _shortcut(block, x)),
        "bn2 does not run",
        "F(x) ends behind bn2",
    ),
    Mistake(
        lambda block, x: torch.relu(torch.relu(_branch(block, x)) + _shortcut(block, x)),
        "F(x) goes through a ReLU of its own before the sum: so it could never be negative",
        "two ReLUs in all: one behind bn1, one behind the sum",
    ),
    Mistake(
        lambda block, x: torch.relu(
            block.bn1(block.conv2(torch.relu(block.bn1(block.conv1(x))))) + _shortcut(block, x)
        ),
        "bn1 runs behind both convolutions, and bn2 not at all",
        "each convolution is followed by its own norm",
    ),
    Mistake(
        lambda block, x: torch.relu(_branch(block, x, lambda y: y) + _shortcut(block, x)),
        "the ReLU between the two convolutions is missing",
        "bn1 is followed by a ReLU",
    ),
    Mistake(
        lambda block, x: torch.relu(
            block.bn2(torch.relu(block.conv2(torch.relu(block.bn1(block.conv1(x)))))) + _shortcut(block, x)
        ),
        "a ReLU stands between conv2 and bn2",
        "conv2 is followed by bn2 at once",
    ),
    Mistake(
        lambda block, x: torch.relu(
            block.conv2(block.bn2(torch.relu(block.bn1(block.conv1(x))))) + _shortcut(block, x)
        ),
        "bn2 stands in front of conv2",
        "each convolution is followed by its norm",
    ),
    Mistake(
        lambda block, x: torch.relu(_branch(block, x) + torch.relu(_shortcut(block, x))),
        "x went through a ReLU before it was added",
        "add x as it came in; an in-place ReLU on x changes it, too",
    ),
)


def _with_activation(activation: Callable[[Tensor], Tensor]) -> Callable:
    """The block with another function in the place of ReLU."""
    return lambda block, x: activation(_branch(block, x, activation) + _shortcut(block, x))


ACTIVATIONS = (
    Mistake(
        _with_activation(nn.functional.leaky_relu),
        "a leaky ReLU stands where torchvision has a ReLU",
        "torch.relu, F.relu or nn.ReLU()",
    ),
    Mistake(
        _with_activation(nn.functional.relu6),
        "ReLU6 cuts at 6: torchvision has a plain ReLU",
        "torch.relu, F.relu or nn.ReLU()",
    ),
    Mistake(
        lambda block, x: torch.relu(_branch(block, x) + _shortcut(block, x)) / 2,
        "the sum was halved",
        "add the two as they are",
    ),
)
STRIDE_SECOND = Mistake(
    lambda block, x: torch.relu(
        block.bn2(
            nn.functional.conv2d(
                torch.relu(block.bn1(nn.functional.conv2d(x, block.conv1.weight, padding=1))),
                block.conv2.weight,
                stride=2,
                padding=1,
            )
        )
        + _shortcut(block, x)
    ),
    "the stride is in conv2",
    "torchvision's basic block has it in conv1",
)
PROJECTION_MISTAKES = (
    Mistake(
        lambda block, x: torch.relu(_branch(block, x) + block.downsample[0](x)),
        "the norm of the projection does not run",
        "send x through the whole of downsample: convolution and norm",
    ),
    STRIDE_SECOND,
    *ACTIVATIONS,
    *MISTAKES,
)
ON_ONE_PIXEL = (
    Mistake(
        lambda block, x: torch.relu(_branch(block, x) + x),
        "the projection is left out where x happens to have the shape of F(x): here a map of one pixel",
        "use downsample wherever it exists: channels and stride decide, not the shapes at hand",
    ),
)
OTHERWISE = (
    "none of the usual mistakes explains this",
    "relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut)",
)
IN_TRAINING = (
    "a norm runs more than once, not at all, or in the wrong mode, or a dropout is at work",
    "in forward each norm is called exactly once, and its mode is left alone",
)
CUT_OFF = (
    "something was cut off from the gradient: .detach(), .data, no_grad()",
    "use the tensors themselves: the shortcut is what lets the gradient through",
)
IN_PLACE = (
    "an in-place operation on x: `x += ...`, or a ReLU with inplace=True on x itself",
    "write the sum to a new tensor: out = out + x",
)
RUNS_TORCHVISION = ("torchvision's block does the work", "write out its layers and its forward pass")


def tensors_fit(make):
    """torchvision's tensors fit by name and shape."""
    for shape in (SAME_SHAPE, *PROJECTED.values()):
        _build(make, shape)
    return f"{1 + len(PROJECTED)} blocks"


@needs(tensors_fit)
def equal_without_projection(make):
    """equal shapes: torchvision's outputs in evaluation."""
    return _compare(make, SAME_SHAPE, (*ACTIVATIONS, *MISTAKES))


@needs(tensors_fit)
def equal_with_projection(make):
    """with a projection: torchvision's outputs, too."""
    for shape in PROJECTED.values():
        _compare(make, shape, PROJECTION_MISTAKES)
    return ", ".join(PROJECTED)


@needs(equal_with_projection)
def equal_on_one_pixel(make):
    """a stride on maps of one pixel needs it, too."""
    return _compare(make, PROJECTED["stride 2"], ON_ONE_PIXEL, side=1)


@needs(equal_without_projection, equal_with_projection)
def equal_in_training(make):
    """in training: outputs, running statistics, gradients."""
    for shape in (SAME_SHAPE, PROJECTED["both"]):
        mine, theirs = _build(make, shape).train(), tiny.block(*shape).train()
        x, seen = (noise(3, 4, 6, 6).requires_grad_() for _ in range(2))
        got, expected = _forward(mine, seen * 1), theirs(x * 1)
        if not torch.allclose(got, expected, atol=1e-5):
            told = f"largest difference {_gap(got, expected)}"
            raise Wrong("torchvision's output", told, *(_odd_layer(mine, theirs) or IN_TRAINING))
        after = theirs.state_dict()
        moved = [k for k, t in mine.state_dict().items() if not torch.allclose(t, after[k], atol=1e-5)]
        if moved:
            told = f"others in {few(moved)}"
            odd = _odd_layer(mine, theirs)
            raise Wrong("torchvision's running statistics", told, *(odd or IN_TRAINING))
        names = ["x", *(name for name, _ in theirs.named_parameters())]
        parameters = dict(mine.named_parameters())
        wanted = torch.autograd.grad(expected.square().sum(), [x, *theirs.parameters()])
        with must_work("a gradient", *IN_PLACE):
            leaves = [seen, *(parameters[name] for name in names[1:])]
            found = torch.autograd.grad(got.square().sum(), leaves, allow_unused=True)
        for name, ours, theirs_ in zip(names, found, wanted):
            if ours is None or not torch.allclose(ours, theirs_, rtol=1e-3, atol=1e-3):
                told = "none" if ours is None else f"largest difference {_gap(ours, theirs_)}"
                raise Wrong(f"torchvision's gradient of {name}", told, *CUT_OFF)


@needs(tensors_fit)
def leaves_the_input(make):
    """the input tensor is left as it was."""
    for shape in (SAME_SHAPE, PROJECTED["both"]):
        for training in (False, True):
            x = noise(2, 4, 6, 6)
            kept = x.clone()
            _forward(_build(make, shape).train(training), x)
            if not torch.equal(x, kept):
                got = f"{int((x != kept).sum())} of {x.numel()} numbers changed"
                raise Wrong("x as it was", got, *IN_PLACE)


@needs(tensors_fit)
def is_written_out(make):
    """nothing of torchvision's block runs."""
    written = inspect.unwrap(make)

    def use() -> None:
        written(*SAME_SHAPE)(noise(1, 4, 6, 6))

    try:
        own_work(use, *TORCHVISION)()
    except LibraryAnswer:
        raise Wrong("a block of your own", "torchvision's own block runs", *RUNS_TORCHVISION) from None


CASES = (
    tensors_fit,
    equal_without_projection,
    equal_with_projection,
    equal_on_one_pixel,
    equal_in_training,
    leaves_the_input,
    is_written_out,
)


def basic_block(block_class) -> None:
    """Check the exercise on building a BasicBlock."""
    run("BasicBlock", CASES, block_class)


def _build(make: Callable, shape: Shape) -> nn.Module:
    """The student's block with torchvision's tensors, in eval mode."""
    block = make(*shape[:2]) if shape[2] == 1 else make(*shape)
    theirs = tiny.block(*shape).state_dict()
    if not isinstance(block, nn.Module):
        remedy = "class BasicBlock(nn.Module), with super().__init__() in its __init__"
        raise Wrong("a module", type(block).__name__, "it is no nn.Module", remedy)
    mine = block.state_dict()
    missing, extra = [k for k in theirs if k not in mine], [k for k in mine if k not in theirs]
    if missing or extra:
        expected = f"{len(theirs)} tensors for {_in_words(shape)}"
        got = f"missing: {few(missing)}; too many: {few(extra)}"
        raise Wrong(expected, got, *_why_names(missing, extra))
    for name in theirs:
        if theirs[name].shape != mine[name].shape:
            expected = f"{name} {list(theirs[name].shape)} for {_in_words(shape)}"
            likely = "the layer has another kernel, or other channels"
            remedy = "3x3 kernels in conv1 and conv2, 1x1 in downsample"
            raise Wrong(expected, list(mine[name].shape), likely, remedy)
    block.load_state_dict(theirs)
    return block.eval()


def _why_names(missing: list[str], extra: list[str]) -> tuple[str, str]:
    if any(name.startswith(("conv", "downsample.0.")) and name.endswith("bias") for name in extra):
        return "a convolution has a bias: the norm behind it has one already", "bias=False"
    if any(name.startswith("downsample") for name in missing) and not extra:
        if not any(name.startswith("downsample.0") for name in missing):
            return "the projection has no norm", "nn.Sequential(convolution, batch norm)"
        likely = "the projection is missing: F(x) has another shape than x here"
        return likely, "it is needed when channels differ, and when stride is not 1"
    if extra and all(name.startswith("downsample") for name in extra):
        return (
            "a projection where none is needed, or with too much in it",
            "where shapes are equal, the shortcut is x",
        )
    return "layers have other names", "conv1, bn1, conv2, bn2, downsample"


def _compare(make: Callable, shape: Shape, mistakes: tuple[Mistake, ...], side: int = 6) -> str:
    mine, theirs, x = _build(make, shape), tiny.block(*shape), noise(3, shape[0], side, side)
    with torch.no_grad():
        _run_through(mine, theirs, noise(3, shape[0], side, side, seed=8))  # that is not to be remembered
        given = x.clone()
        got, expected = _forward(mine, given), theirs(x)
        if got.shape == expected.shape and torch.allclose(got, expected, rtol=1e-5, atol=1e-5):
            return f"largest difference {_gap(got, expected)}"
        otherwise = _odd_layer(mine, theirs) or (OTHERWISE if torch.equal(given, x) else IN_PLACE)
        likely = recognise(got, expected, mistakes, lambda imitate: imitate(theirs, x), otherwise)
    told = list(got.shape) if got.shape != expected.shape else f"largest difference {_gap(got, expected)}"
    raise Wrong(f"torchvision's output {list(expected.shape)}, {_in_words(shape)}", told, *likely)


def _run_through(mine: nn.Module, theirs: nn.Module, x: Tensor) -> None:
    """A first forward pass; if it breaks, a layer that is set otherwise than torchvision's is the reason."""
    try:
        _forward(mine, x)
    except RuntimeError as problem:
        if odd := _odd_layer(mine, theirs):
            raise Wrong("a tensor", f"RuntimeError: {problem}", *odd) from problem
        raise


def _odd_layer(block: nn.Module, theirs: nn.Module) -> tuple[str, str] | None:
    """A layer that is not set as torchvision's are, if there is one."""
    others = dict(theirs.named_modules())
    for name, layer in block.named_modules():
        usual = nn.BatchNorm2d(1)
        theirs_here = others.get(name)
        if isinstance(layer, nn.Conv2d) and isinstance(theirs_here, nn.Conv2d):
            mine, right = _steps(layer), _steps(theirs_here)
            if mine != right:
                return f"{name} has {mine}", f"torchvision's {name} has {right}"
        if isinstance(layer, nn.BatchNorm2d) and (layer.eps, layer.momentum) != (usual.eps, usual.momentum):
            return f"{name} has another eps or momentum", "nn.BatchNorm2d(out_channels), nothing else"
        if isinstance(layer, nn.Conv2d) and layer.padding_mode != "zeros":
            return f"{name} has another padding_mode", "pad with zeros, as a convolution does by itself"
        if isinstance(layer, nn.Dropout | nn.Dropout2d):
            return f"{name} is a dropout, which torchvision's block has not", "leave it out"
    return None


def _steps(layer: nn.Conv2d) -> str:
    """Stride and padding of a convolution, in words."""
    padding = tuple(k // 2 for k in layer.kernel_size) if layer.padding == "same" else layer.padding
    return f"stride {layer.stride} and padding {padding}"


def _forward(block: nn.Module, x: Tensor) -> Tensor:
    remedy = "print the shapes of F(x) and of the shortcut before the sum"
    with must_work("a tensor", "the shapes of F(x) and shortcut do not fit", remedy):
        got = block(x)
    if type(got) is not torch.Tensor:
        raise Wrong("a tensor", brief(got), "a `return` is missing in forward", "return the sum's ReLU")
    return got


def _gap(a: Tensor, b: Tensor) -> str:
    return f"{(a - b).abs().max():.1g}"


def _in_words(shape: Shape) -> str:
    return f"{shape[0]} -> {shape[1]} channels at stride {shape[2]}"
