"""Whether a model was left as it was: layers, tensors, modes, gradients, hooks and attributes."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules import module as everywhere

PLAIN = (int, float, str, bool, tuple, list, type(None))
# What torch keeps in a layer, told by its content.
OF_TORCH = {"training", "_parameters", "_buffers", "_modules", "_non_persistent_buffers_set"}
OF_ALL = "all modules: hooks"


class Kept:
    """Remembers all of a model that an answer might change."""

    def __init__(self, model: nn.Module):
        self.model = model
        modules = list(model.modules())
        things = [value for m in modules for _, value in _attributes(m)]
        hooks = [hook for space in (everywhere, *modules) for _, _, hook in _hooks(space)]
        self.objects = [*modules, *model.parameters(), *things, *hooks]
        self.before = self.facts()

    def changes(self) -> list[str]:
        """What is different now, in words, such as ``"fc.weight: requires_grad"``."""
        after = self.facts()
        names = [*self.before, *(name for name in after if name not in self.before)]
        return [name for name in names if not _same(self.before.get(name), after.get(name))]

    def facts(self) -> dict[str, object]:
        """Each fact about the model by its name, as plain data; tensors are copied.

        Layers, parameters, hooks and other objects are told by their number at the start; new ones are -1.
        """
        numbers = {id(thing): i for i, thing in reversed(list(enumerate(self.objects)))}
        facts: dict[str, object] = {OF_ALL: _numbered(everywhere, numbers)}
        for name, module in self.model.named_modules():
            at = name or "the model"
            facts[f"{at}: layer"] = numbers.get(id(module), -1)
            facts[f"{at}: mode"] = module.training
            facts[f"{at}: hooks"] = _numbered(module, numbers)
            for key, value in _attributes(module):
                facts[f"{at}: {key}"] = value if isinstance(value, PLAIN) else numbers.get(id(value), -1)
        for name, p in self.model.named_parameters():
            facts |= {name: p.detach().clone(), f"{name}: parameter": numbers.get(id(p), -1)}
            facts[f"{name}: attributes"] = sorted(vars(p))
            facts[f"{name}: requires_grad"] = p.requires_grad
            facts[f"{name}: gradient"] = None if p.grad is None else p.grad.clone()
        return facts | {name: buffer.clone() for name, buffer in self.model.named_buffers()}


def _attributes(module: nn.Module) -> list[tuple[str, object]]:
    """What a layer has of its own, beside the layers, tensors and hooks that torch keeps in it."""
    return [(k, value) for k, value in vars(module).items() if k not in OF_TORCH and "_hooks" not in k]


def _hooks(space: object) -> list[tuple[str, int, object]]:
    """The hooks of a layer, or those of torch for all layers: kind, number of the handle, function."""
    kinds = [(key, hooks) for key, hooks in vars(space).items() if key.endswith("_hooks")]
    return [(key, handle, hook) for key, hooks in kinds if hooks for handle, hook in dict(hooks).items()]


def _numbered(space: object, numbers: dict[int, int]) -> list[list]:
    return [[key, handle, numbers.get(id(hook), -1)] for key, handle, hook in _hooks(space)]


def _same(a: object, b: object) -> bool:
    if not isinstance(a, Tensor) or not isinstance(b, Tensor):
        return type(a) is type(b) and a == b
    return a.dtype == b.dtype and torch.equal(a, b)
