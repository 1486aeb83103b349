"""Residual blocks from the inside: capture x and F(x), leave a block out, follow the gradient."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from course_utils.errors import CourseError
from course_utils.tables import count

Block: TypeAlias = BasicBlock | Bottleneck
# Student's t, 97.5 % quantile, by number of seeds.
T_QUANTILE = {
    **{2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571},
    **{7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262},
}


def gradient_norms(model: nn.Module, x: Tensor, labels: Tensor) -> dict[str, float]:
    """Norm of the cross-entropy's gradient in the weight of each convolution, from input to output.

    The model is in training mode, so batch norm uses the statistics of this batch.

    Args:
        x: the model's input, float ``[N, 3, H, W]``.
        labels: int64 ``[N]``.

    Raises:
        CourseError: if a convolution is frozen.
    """
    layers = {name: m for name, m in model.named_modules() if isinstance(m, nn.Conv2d)}
    if frozen := [name for name, layer in layers.items() if not layer.weight.requires_grad]:
        raise CourseError(
            "a frozen convolution has no gradient.",
            found=", ".join(frozen),
            do="call model.requires_grad_(True) before",
        )
    model.train()
    model.zero_grad()
    F.cross_entropy(model(x), labels).backward()
    grads: dict[str, Any] = {name: layer.weight.grad for name, layer in layers.items()}
    return {name: grad.norm().item() for name, grad in grads.items()}


def geometric_range(values: Sequence[float]) -> tuple[float, float, float]:
    """Geometric mean of positive numbers, its 95 % confidence interval by Student's t: ``(mean, low, high)``.

    With one number all three are that number.

    Raises:
        CourseError: for none or more than ten, or one that is not positive.
    """
    if not 1 <= len(values) <= max(T_QUANTILE):
        told = f"an interval of {count(len(values), 'seed')}."
        raise CourseError(told, expected=f"one to {max(T_QUANTILE)}")
    if min(values) <= 0:
        raise CourseError(
            "there is no geometric mean of these.", expected="positive numbers", found=f"{min(values):g}"
        )
    logs = [math.log(v) for v in values]
    n, middle = len(logs), sum(logs) / len(logs)
    if n == 1:
        return values[0], values[0], values[0]
    deviation = math.sqrt(sum((v - middle) ** 2 for v in logs) / (n - 1))
    half = T_QUANTILE[n] * deviation / math.sqrt(n)
    return math.exp(middle), math.exp(middle - half), math.exp(middle + half)


@dataclass(frozen=True)
class BlockRecord:
    """What one residual block did with a batch: float tensors ``[N, C, H, W]``.

    Attributes:
        name: the block's name in the model, such as ``"layer2.0"``.
        x: the block's input.
        residual: F(x), the output of the last norm of the block.
        shortcut: x itself, or what the projection makes of it.
        output: what the block passes on, ``relu(shortcut + residual)``.
        projection: whether the shortcut is anything but x.
    """

    name: str
    x: Tensor
    residual: Tensor
    shortcut: Tensor
    output: Tensor
    projection: bool

    @property
    def sum(self) -> Tensor:
        """H(x) = shortcut + F(x), before the ReLU."""
        return self.shortcut + self.residual

    @property
    def ratio(self) -> Tensor:
        """Norm of F(x) over norm of the shortcut, for each image: ``[N]``."""
        return _norms(self.residual) / _norms(self.shortcut)

    @property
    def cosine(self) -> Tensor:
        """Cosine between F(x) and the shortcut, for each image: ``[N]``."""
        return F.cosine_similarity(self.residual.flatten(1), self.shortcut.flatten(1))

    def maps(self, image: int, channel: int) -> dict[str, Tensor]:
        """One channel of one image on its way through the block, four maps ``[H, W]`` by name."""
        first = "W x" if self.projection else "x"
        steps = {first: self.shortcut, "F(x)": self.residual, f"{first} + F(x)": self.sum}
        return {k: t[image, channel] for k, t in {**steps, "ReLU": self.output}.items()}


def find_blocks(model: nn.Module) -> dict[str, nn.Module]:
    """Every ``BasicBlock`` and ``Bottleneck`` of ``model`` by name, in the order of the network."""
    kinds = (BasicBlock, Bottleneck)
    return {name: module for name, module in model.named_modules() if isinstance(module, kinds)}


def identity_blocks(model: nn.Module) -> list[str]:
    """Names of the blocks whose output has the shape of their input: those that can be left out."""
    return [name for name, block in find_blocks(model).items() if block.downsample is None]


@torch.no_grad()
def capture(model: nn.Module, x: Tensor) -> dict[str, BlockRecord]:
    """Run ``model`` once in eval mode, in which it stays, and record what each residual block did.

    Args:
        x: the model's input, float ``[N, 3, H, W]``.

    Returns:
        A record for each block, by name, in order.
    """
    model.eval()
    blocks = find_blocks(model)
    with recording(blocks) as seen:
        model(x)
    return {
        name: BlockRecord(
            name,
            x=kept["x"],
            residual=kept["residual"],
            shortcut=kept.get("shortcut", kept["x"]),
            output=kept["output"],
            projection=blocks[name].downsample is not None,
        )
        for name, kept in seen.items()
    }


@contextlib.contextmanager
def recording(blocks: dict[str, nn.Module]) -> Iterator[dict[str, dict[str, Tensor]]]:
    """Keep x, residual, shortcut and output of each block's last forward pass within the context.

    The hooks are removed at the end, also after an exception; other people's hooks stay.
    """
    seen: dict[str, dict[str, Tensor]] = {name: {} for name in blocks}
    handles = []
    try:
        for name, block in blocks.items():
            handles += _watch(block, seen[name])
        yield seen
    finally:
        for handle in handles:
            handle.remove()


@contextlib.contextmanager
def skipped(model: nn.Module, name: str) -> Iterator[None]:
    """Within the context the block ``name`` passes on its shortcut alone: F(x) is left out.

    Raises:
        CourseError: if the model has no block of that name.
    """

    def skip(block: Block, inputs: tuple[Tensor], output: Tensor) -> Tensor:
        (x,) = inputs
        return F.relu(x if block.downsample is None else block.downsample(x))

    with _hooked(_block(model, name), skip):
        yield


@contextlib.contextmanager
def shuffled(model: nn.Module, name: str, seed: int = 0) -> Iterator[None]:
    """Within the context the block ``name`` adds to each image the F(x) of another one of the batch.

    So what F(x) says about all images alike stays, what it says about this image is lost (in a batch of one
    nothing changes).

    Raises:
        CourseError: if the model has no block of that name.
    """
    generator = torch.Generator().manual_seed(seed)

    def shuffle(norm: nn.Module, inputs: tuple[Tensor], output: Tensor) -> Tensor:
        order = torch.randperm(len(output), generator=generator).to(output.device)
        return torch.empty_like(output).index_copy_(0, order, output[order.roll(1)])

    with _hooked(_last_norm(_block(model, name)), shuffle):
        yield


def path_lengths(blocks: int) -> list[int]:
    """How many ways through ``blocks`` identity blocks pass 0, 1, 2, ... of their F (Veit et al. 2016).

    Each block can be entered or skipped, so there are ``2 ** blocks`` ways in all.
    """
    return [math.comb(blocks, length) for length in range(blocks + 1)]


def _watch(block: Block, seen: dict[str, Tensor]) -> list:
    """Hooks that write into ``seen``. F(x) is copied: the block adds its shortcut to it in place."""

    def keep(name: str, copy: bool = False) -> Callable:
        def hook(_, inputs, output):
            seen[name] = output.clone() if copy else output

        return hook

    handles = [
        block.register_forward_pre_hook(lambda _, inputs: seen.update(x=inputs[0])),
        _last_norm(block).register_forward_hook(keep("residual", copy=True)),
        block.register_forward_hook(keep("output")),
    ]
    if block.downsample is not None:
        handles.append(block.downsample.register_forward_hook(keep("shortcut")))
    return handles


@contextlib.contextmanager
def _hooked(module: nn.Module, hook: Callable) -> Iterator[None]:
    handle = module.register_forward_hook(hook)
    try:
        yield
    finally:
        handle.remove()


def _block(model: nn.Module, name: str) -> Block:
    blocks = find_blocks(model)
    if name not in blocks:
        raise CourseError(f"no residual block {name!r}.", expected=", ".join(blocks) or "none")
    return blocks[name]


def _last_norm(block: Block) -> nn.Module:
    return block.bn3 if isinstance(block, Bottleneck) else block.bn2


def _norms(maps: Tensor) -> Tensor:
    """Euclidean norm of each image's maps."""
    return maps.flatten(1).norm(dim=1)
