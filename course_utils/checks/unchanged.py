"""Whether a model was left as it was: layers, tensors, modes, gradients, hooks and attributes."""

from __future__ import annotations

import torch
from torch import Tensor, nn

PLAIN = (int, float, str, bool, tuple, list, type(None))


class Kept:
    """Remembers all of a model that an answer might change."""

    def __init__(self, model: nn.Module):
        self.model = model
        functions = [value for m in model.modules() for _, value in _attributes(m) if callable(value)]
        self.objects = [*model.modules(), *model.parameters(), *functions]
        self.before = self.facts()

    def changes(self) -> list[str]:
        """What is different now, in words, such as ``"fc.weight: requires_grad"``."""
        after = self.facts()
        names = [*self.before, *(name for name in after if name not in self.before)]
        return [name for name in names if not _same(self.before.get(name), after.get(name))]

    def facts(self) -> dict[str, object]:
        """Each fact about the model by its name, as plain data; tensors are copied.

        Layers, parameters and functions are told by their number at the start; new ones are -1.
        """
        numbers = {id(thing): i for i, thing in reversed(list(enumerate(self.objects)))}
        facts: dict[str, object] = {}
        for name, module in self.model.named_modules():
            at = name or "the model"
            facts[f"{at}: layer"] = numbers.get(id(module), -1)
            facts[f"{at}: mode"] = module.training
            facts[f"{at}: hooks"] = [
                len(hooks) for key, hooks in vars(module).items() if key.endswith("_hooks") and hooks
            ]
            for key, value in _attributes(module):
                facts[f"{at}: {key}"] = value if isinstance(value, PLAIN) else numbers.get(id(value), -1)
        for name, p in self.model.named_parameters():
            facts |= {name: p.detach().clone(), f"{name}: parameter": numbers.get(id(p), -1)}
            facts[f"{name}: requires_grad"] = p.requires_grad
            facts[f"{name}: gradient"] = None if p.grad is None else p.grad.clone()
        return facts | {name: buffer.clone() for name, buffer in self.model.named_buffers()}


def _attributes(module: nn.Module) -> list[tuple[str, object]]:
    """What a layer has under a public name: plain values and functions."""
    named = [(key, value) for key, value in vars(module).items() if not key.startswith("_")]
    return [(key, value) for key, value in named if isinstance(value, PLAIN) or callable(value)]


def _same(a: object, b: object) -> bool:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return type(a) is type(b) and a == b
    return a.dtype == b.dtype and torch.equal(a, b)
