"""What tells one run or one set of features from another, in whichever process: no address in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial
from reprlib import recursive_repr
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType

from torch import Tensor, nn

from course_utils.data.images import ImageSet

EMPTY = CellType()  # a variable that has no value yet


def digest_of(*sets: ImageSet) -> str:
    """Of images, labels and the names of the classes."""
    digest = hashlib.sha256()
    for images in sets:
        for part in (images.images, images.labels):
            digest.update(part.cpu().contiguous().numpy().tobytes())
        digest.update(repr(images.classes).encode())
    return digest.hexdigest()[:16]


def sketch(state: dict[str, Tensor]) -> list[float]:
    """The first number of each tensor: tells weights apart, and two processors' rounding does not."""
    return [tensor.flatten()[0].item() for tensor in state.values()]


@recursive_repr("itself")
def name_of(value: object) -> str:
    """What tells one function or setting from another."""
    if isinstance(value, partial):
        return f"{name_of(value.func)} {name_of(value.args)} {name_of(value.keywords)}"
    if isinstance(value, MethodType):
        return f"{name_of(value.__func__)} of {name_of(value.__self__)}"
    if isinstance(value, FunctionType):
        digest = hashlib.sha256(f"{steps(value.__code__)} {given(value)}".encode()).hexdigest()
        return f"{value.__qualname__}#{digest[:8]}"
    if isinstance(value, BuiltinFunctionType):
        return value.__qualname__
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(name_of, value))}]"
    if isinstance(value, (set, frozenset)):
        return name_of(sorted(map(name_of, value)))
    if isinstance(value, dict):
        return name_of(list(value.items()))
    if " at 0x" in repr(value):
        return f"{type(value).__qualname__} {name_of(getattr(value, '__dict__', {}))}"
    return repr(value)


def steps(code: CodeType) -> str:
    """What a function does, wherever it stands: two lambdas have the same name."""
    constants = [steps(c) if isinstance(c, CodeType) else name_of(c) for c in code.co_consts]
    return f"{code.co_code.hex()} {code.co_names} {constants}"


def given(function: FunctionType) -> str:
    """What a function does it with: its default values, and the variables of the function around it."""
    around = [cell.cell_contents for cell in function.__closure__ or () if cell != EMPTY]
    return name_of([function.__defaults__, function.__kwdefaults__, around])


def behaviour(model: nn.Module) -> Iterator[str]:
    """What the layers of ``model`` do with their tensors: forward methods and attributes."""
    for name, layer in model.named_modules():
        settings = {k: v for k, v in vars(layer).items() if not k.startswith("_") and k != "training"}
        yield f"{name} {name_of(type(layer).forward)} {name_of(settings)}"
