"""What a training step must hold in memory: parameters, optimizer state, activations."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from course_utils.models import count_parameters

ADAMW_COPIES = 4  # weight, gradient, and AdamW's two running means, float32 each
MIB = 2**20


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
    own = {t.untyped_storage().data_ptr() for t in model.state_dict(keep_vars=True).values()}
    kept: dict[int, Tensor] = {}

    def note(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    x = torch.zeros(batch_size, 3, size, size, device=next(model.parameters()).device)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        model(x)
    for name, buffer in model.named_buffers():
        buffer.copy_(buffers[name])
    sizes = [t.untyped_storage().nbytes() for key, t in kept.items() if key not in own]
    return sum(sizes) / batch_size
