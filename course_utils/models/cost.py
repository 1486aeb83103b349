"""What a network costs: multiply-adds, feature maps, milliseconds, and the memory of a training step."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.errors import CourseError
from course_utils.models.freezing import count_parameters, eval_mode

# Layers after which the size of a map is read; patch merging is Swin's way of halving it.
SHRINKING = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)
MERGING = "PatchMerging"
ADAMW_COPIES = 4  # weight, gradient, and AdamW's two running means, float32 each
MIB = 2**20


def on_meta(make: Callable[[], nn.Module]) -> nn.Module:
    """Build a model of shapes alone: no memory, no numbers, in eval mode."""
    with torch.device("meta"):
        return make().eval()


def forward_flops(model: nn.Module, x: Tensor) -> int:
    """Floating-point operations of one forward pass: those of matrix products and convolutions.

    Gradients stay on: without them ``nn.MultiheadAttention`` takes an operation on CPUs that the
    counter does not know, and layers that receive a parameter upset it. Attention runs as the
    matrix products of its definition: CPU's fused one is unknown to the counter of torch 2.11.
    """
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    plain_attention = sdpa_kernel(SDPBackend.MATH)
    counter = FlopCounterMode(display=False)
    with eval_mode(model), torch.enable_grad(), plain_attention, counter:
        model(x)
    return counter.get_total_flops()


def multiply_adds(model: nn.Module, size: int) -> int:
    """Multiply-adds of a forward pass of one image of ``size`` pixels, biases and norms not counted.

    ``FlopCounterMode`` reports two operations for each multiply-add, hence the half. Build
    the model on meta (:func:`on_meta`), where the pass costs nothing.
    """
    return forward_flops(model, _blank(model, size)) // 2


def last_map(model: nn.Module, size: int) -> tuple[int, int]:
    """Height and width of the last feature map for one image of ``size`` pixels.

    For a Vision Transformer it is the grid of its patches.
    """
    sizes: list[tuple[int, int]] = []

    def note(layer: nn.Module, _, output: Tensor) -> None:
        height, width = output.shape[2:] if isinstance(layer, SHRINKING) else output.shape[1:3]
        sizes.append((height, width))

    layers = [m for m in model.modules() if isinstance(m, SHRINKING) or MERGING in type(m).__name__]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    try:
        with eval_mode(model):
            model(_blank(model, size))
    finally:
        for hook in hooks:
            hook.remove()
    return sizes[-1]


def map_sides(model: nn.Module, size: int) -> dict[str, int]:
    """Side of the feature map after each stage of a ResNet, for an image of ``size`` pixels.

    A stage that does nothing (``nn.Identity``), norm and ReLU are left out, and what gives no map.
    """
    sides, x = {"input": size}, _blank(model, size)
    with eval_mode(model), torch.inference_mode():
        for name, stage in model.named_children():
            if name == "avgpool":
                break
            x = stage(x)
            if x.ndim == 4 and not isinstance(stage, nn.BatchNorm2d | nn.ReLU | nn.Identity):
                sides[name] = x.shape[-1]
    return sides


def accepts(model: nn.Module, size: int) -> bool:
    """Whether ``model`` runs in eval mode on an image of ``size`` pixels."""
    try:
        with eval_mode(model):
            model(_blank(model, size))
    except (RuntimeError, AssertionError, ValueError):
        return False
    return True


def smallest_input(model: nn.Module, largest: int) -> int:
    """The smallest square image that ``model`` accepts: found by doubling, then by halving the interval.

    Args:
        largest: a size that it does accept.

    Raises:
        CourseError: if it does not.
    """
    refused, accepted = 0, 1
    while not accepts(model, accepted):
        if accepted == largest:
            raise CourseError(f"the model refuses {largest} pixels too.")
        refused, accepted = accepted, min(2 * accepted, largest)
    while accepted - refused > 1:
        middle = (accepted + refused) // 2
        if accepts(model, middle):
            accepted = middle
        else:
            refused = middle
    return accepted


def _blank(model: nn.Module, size: int) -> Tensor:
    return torch.zeros(1, 3, size, size, device=next(model.parameters()).device)


def training_mib(model: nn.Module, size: int, batch_size: int) -> float:
    """MiB that a training step must hold: parameters with gradients and AdamW's state, activations.

    Counted, not measured: what autograd keeps for the backward pass of a batch, and four float32
    numbers for each parameter. The workspace of the convolutions comes on top, and differs from
    machine to machine.
    """
    parameters = 4 * ADAMW_COPIES * count_parameters(model)
    return (parameters + batch_size * activation_bytes(model, size)) / MIB


def activation_bytes(model: nn.Module, size: int, batch_size: int = 8) -> float:
    """Bytes that autograd keeps for the backward pass, per image; each storage counts once."""
    own = {t.untyped_storage() for t in model.state_dict(keep_vars=True).values()}
    kept: set[torch.UntypedStorage] = set()

    def note(tensor: Tensor) -> Tensor:
        kept.add(tensor.untyped_storage())
        return tensor

    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    x = torch.zeros(batch_size, 3, size, size, device=next(model.parameters()).device)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        model(x)
    for name, buffer in model.named_buffers():
        buffer.copy_(buffers[name])
    return sum(storage.nbytes() for storage in kept - own) / batch_size
