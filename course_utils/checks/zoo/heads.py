"""Check of exercise swap_head: a new head whatever the old one is called."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.checks.core import must_work, needs, run
from course_utils.checks.mistakes import brief, few
from course_utils.checks.report import Wrong
from course_utils.models import heads

CLASSES = 7


class Gated(nn.Module):
    """A network with gates called ``fc``, an auxiliary classifier and a nested head."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, kernel_size=1)
        self.fc = nn.Sequential(nn.Linear(6, 2), nn.ReLU(), nn.Linear(2, 6))
        self.aux = nn.Linear(6, 4)
        self.heads = nn.Sequential(nn.LayerNorm(6), nn.Sequential(nn.Linear(6, 4)))

    def forward(self, x: Tensor) -> Tensor:
        features = self.stem(x).mean(dim=(2, 3))
        return self.heads(features * torch.sigmoid(self.fc(features)))


class Named(nn.Module):
    """A network whose head is called ``fc``, as ResNet's."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, kernel_size=1)
        self.fc = nn.Linear(5, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv(x).mean(dim=(2, 3)))


def _sequential() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(12, 5), nn.ReLU(), nn.Linear(5, 4, bias=False), nn.Softmax(dim=1)
    )


def _tried(swap_head, make: Callable, path: str) -> tuple[nn.Module, nn.Module]:
    """The model and what was returned; refuses a head that is not new, or elsewhere."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = make()
    old = model.get_submodule(path)
    inputs = old.in_features
    before = {k: v.clone() for k, v in model.state_dict().items() if not k.startswith(f"{path}.")}
    trained = _trainable(model, path)
    returned = swap_head(model, CLASSES)
    with must_work("a layer in the head's place", "it is gone", "use setattr on the parent"):
        new = model.get_submodule(path)
    after = {k: v for k, v in model.state_dict().items() if not k.startswith(f"{path}.")}
    shapes = {k: tuple(v.shape) for k, v in before.items()}
    moved = [k for k in sorted(set(before) | set(after)) if not _equal(before.get(k), after.get(k))]
    if moved:
        same_shape = all(k in after and tuple(after[k].shape) == shapes[k] for k in before)
        likely = "the values of other layers changed" if same_shape else "another layer was replaced"
        raise Wrong(
            f"a change in {path} alone",
            f"also changed: {few(moved)}",
            likely,
            "take the last nn.Linear of model.modules(), not a name",
        )
    if _trainable(model, path) != trained:
        got = f"frozen: {few(sorted(trained - _trainable(model, path)))}"
        remedy = "put the new layer in, and nothing else: freezing is another step"
        raise Wrong("everything else trainable as before", got, "other layers were frozen", remedy)
    if new is old:
        likely = "the old layer is still there"
        remedy = "make a new nn.Linear and put it in its place: an attribute changes no weight"
        raise Wrong("a new layer", f"the old one, {old}", likely, remedy)
    if type(new) is not nn.Linear or tuple(new.weight.shape) != (CLASSES, inputs):
        remedy = "nn.Linear(old.in_features, num_classes)"
        raise Wrong(f"Linear({inputs}, {CLASSES})", brief(new), "another shape or layer", remedy)
    return model, returned


def _trainable(model: nn.Module, path: str) -> set[str]:
    """Names of the trainable parameters outside of the head."""
    names = {name for name, p in model.named_parameters() if p.requires_grad}
    return {name for name in names if not name.startswith(f"{path}.")}


def _equal(a: Tensor | None, b: Tensor | None) -> bool:
    return a is not None and b is not None and torch.equal(a, b)


def named_fc(swap_head):
    """a head called fc, as in ResNet."""
    _tried(swap_head, Named, "fc")


@needs(named_fc)
def nested(swap_head):
    """a nested head; the gates are called fc."""
    _tried(swap_head, Gated, "heads.1.0")


@needs(named_fc)
def returns_it(swap_head):
    """the new layer is returned."""
    model, returned = _tried(swap_head, Named, "fc")
    if returned is not model.fc:
        likely = "the return is missing" if returned is None else "something else is returned"
        raise Wrong("the new layer", type(returned).__name__, likely, "return the new nn.Linear")


@needs(named_fc)
def keeps_bias(swap_head):
    """a bias exactly where the old head had one."""
    remedy = "nn.Linear(..., bias=old.bias is not None)"
    model, _ = _tried(swap_head, _sequential, "3")
    if model[3].bias is not None:
        raise Wrong("no bias", "a bias", "nn.Linear has one unless told otherwise", remedy)
    model, _ = _tried(swap_head, Named, "fc")
    if model.fc.bias is None:
        raise Wrong("a bias", "none", "bias=False whatever the old head had", remedy)


CASES = (named_fc, nested, returns_it, keeps_bias)


def swap_head(answer) -> None:
    """Check the exercise on a new head."""
    run("swap_head", CASES, answer, library=(heads.replace_head, heads.find_head))
