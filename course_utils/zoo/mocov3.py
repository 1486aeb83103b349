"""MoCo v3: its official checkpoint format, and the backbones that such a checkpoint fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import resnet50

from course_utils.errors import WeightsError
from course_utils.models.heads import find_head
from course_utils.readable import why_unreadable

# The checkpoint of github.com/facebookresearch/moco-v3 holds two encoders, wrapped for several GPUs.
PREFIX = "module.base_encoder."
# Its ViT-S has twelve attention heads (vits.py); timm's and DeiT's have six in the same tensors.
VIT_HEADS = 12


def backbone(builder: str, num_classes: int, **shape) -> nn.Module:
    """The network whose backbone an official checkpoint fits, with a random head.

    Args:
        builder: ``resnet50`` (torchvision's), or timm's name of a Vision Transformer.
        shape: ``img_size`` and ``patch_size`` of the Transformer, where they are not 224 and 16.
    """
    if builder == "resnet50":
        return resnet50(num_classes=num_classes)
    import timm

    model = timm.create_model(builder, num_classes=num_classes, num_heads=VIT_HEADS, **shape)
    _fix_positions(model)
    return model


def load_into(model: nn.Module, file: str | Path) -> None:
    """Copy the base encoder of an official checkpoint into ``model``; the head stays as it is.

    A Transformer of another patch size gets the patch embedding resampled; its position embedding
    is a formula, so it is computed for the new grid and never resampled.

    Raises:
        WeightsError: if the file is no MoCo v3 checkpoint, or of another backbone.
    """
    state = read_encoder(file)
    kept = dict(model.state_dict())
    head = {id(t) for t in find_head(model).state_dict(keep_vars=True).values()}
    own = model.state_dict(keep_vars=True)
    wanted = {name for name, tensor in own.items() if id(tensor) not in head}
    if "patch_embed.proj.weight" in wanted & set(state):
        state["patch_embed.proj.weight"] = _resampled(model, state["patch_embed.proj.weight"])
        state["pos_embed"] = kept["pos_embed"]
    problems = [f"missing {name}" for name in sorted(wanted - set(state))]
    problems += [
        f"{name} is {list(state[name].shape)}, the model has {list(kept[name].shape)}"
        for name in sorted(wanted & set(state))
        if state[name].shape != kept[name].shape
    ]
    if problems:
        raise WeightsError(
            f"{Path(file).name} does not fit this backbone ({len(problems)} tensors).",
            found="; ".join(problems[:3]),
            do="build the backbone that the checkpoint is named after",
        )
    model.load_state_dict(kept | {name: state[name] for name in wanted})


def read_encoder(file: str | Path) -> dict[str, Tensor]:
    """The base encoder's tensors by their plain names; momentum encoder and predictor are left out.

    Raises:
        WeightsError: if the file cannot be read, or holds no such encoder.
    """
    file = Path(file)
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
        state = content["state_dict"]
    except Exception as problem:
        raise WeightsError(
            f"{file.name} cannot be read as a MoCo v3 checkpoint.",
            expected="a file of torch.save with a key `state_dict`",
            found="no such key"
            if isinstance(problem, KeyError | TypeError)
            else why_unreadable(file, problem),
            do="download the checkpoint again",
        ) from None
    found = {name.removeprefix(PREFIX): t for name, t in state.items() if name.startswith(PREFIX)}
    if not found:
        raise WeightsError(
            f"{file.name} holds no MoCo v3 encoder.",
            expected=f"names that begin with {PREFIX}",
            found=", ".join(list(state)[:3]),
        )
    return found


def position_embedding(rows: int, columns: int, dim: int, temperature: float = 10_000.0) -> Tensor:
    """MoCo v3's fixed embedding of places: sines and cosines, float32 ``[1, 1 + places, dim]``.

    The first place is the class token's: zeros. Half of the dimensions tell the row, half the
    column (``build_2d_sincos_position_embedding`` in the official vits.py).
    """
    frequency = temperature ** -(torch.arange(dim // 4) / (dim // 4))
    row = torch.arange(rows).repeat_interleave(columns)[:, None] * frequency
    column = torch.arange(columns).repeat(rows)[:, None] * frequency
    places = torch.cat([row.sin(), row.cos(), column.sin(), column.cos()], dim=1)
    return torch.cat([torch.zeros(1, dim), places])[None]


def _fix_positions(model: Any) -> None:
    """``model`` is one of timm's vision transformers."""
    rows, columns = model.patch_embed.grid_size
    model.pos_embed = nn.Parameter(position_embedding(rows, columns, model.embed_dim), requires_grad=False)


def _resampled(model: Any, kernel: Tensor) -> Tensor:
    """The patches' kernel at the size of ``model``, one of timm's vision transformers."""
    from timm.layers import resample_patch_embed

    return resample_patch_embed(kernel, list(model.patch_embed.patch_size))
