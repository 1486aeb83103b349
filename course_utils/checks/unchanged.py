"""Whether a model was left as it was: layers, tensors, modes, gradients, hooks and attributes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

PLAIN = (int, float, str, bool, tuple, list, type(None))


class Kept:
    """Remembers all of a model that an answer might change."""

    def __init__(self, model: nn.Module):
        self.model = model
        self.before = _described(model)

    def changes(self) -> list[str]:
        """What is different now, in words, such as ``"fc.weight: requires_grad"``."""
        after = _described(self.model)
        names = [*self.before, *(name for name in after if name not in self.before)]
        return [name for name in names if not _same(self.before.get(name), after.get(name))]


def _described(model: nn.Module) -> dict[str, object]:
    """Each fact about a model by its name; tensors are copied."""
    facts: dict[str, object] = {}
    for name, module in model.named_modules():
        at = name or "the model"
        facts[f"{at}: layer"] = id(module)
        facts[f"{at}: mode"] = module.training
        facts[f"{at}: hooks"] = [
            len(hooks) for key, hooks in vars(module).items() if key.endswith("_hooks") and hooks
        ]
        for key, value in vars(module).items():
            if not key.startswith("_") and (isinstance(value, PLAIN) or callable(value)):
                facts[f"{at}: {key}"] = value
    for name, p in model.named_parameters():
        facts |= {name: p.detach().clone(), f"{name}: parameter": id(p)}
        facts[f"{name}: requires_grad"] = p.requires_grad
        facts[f"{name}: gradient"] = None if p.grad is None else p.grad.clone()
    return facts | {name: buffer.clone() for name, buffer in model.named_buffers()}


def _same(a: object, b: object) -> bool:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return type(a) is type(b) and a == b
    return a.dtype == b.dtype and torch.equal(a, b)
