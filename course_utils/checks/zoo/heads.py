"""Check of exercise swap_head: a new head whatever the old one is called."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.checks.core import must_work, needs, run
from course_utils.checks.mistakes import brief, few
from course_utils.checks.report import Wrong
from course_utils.checks.unchanged import Kept
from course_utils.models import heads
from course_utils.models.seeding import seeded

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


class Derived(nn.Linear):
    """A linear layer of another class."""


DOTTED = (
    "the whole path was set as one name: it made another layer, of that name, and the old one is still there",
    "split it at the last dot: setattr(model.get_submodule(parent), name, new)",
)
LIKE_THE_OLD = "nn.Linear(old.in_features, num_classes)"


def _sequential() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(12, 5), nn.ReLU(), nn.Linear(5, 4, bias=False), nn.Softmax(dim=1)
    )


def _deeper() -> nn.Module:
    """Another Sequential, whose head lies elsewhere than in the first one."""
    return nn.Sequential(nn.Linear(4, 5), nn.Sequential(nn.ReLU(), nn.Linear(5, CLASSES)))


def _scored() -> nn.Module:
    """A head of one output."""
    return nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 1))


def _derived() -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 5), Derived(5, 3))


def _listed() -> nn.Module:
    """A head in a list in a dict, behind it layers that are none."""
    parts = {"head": nn.ModuleList([nn.Linear(3, 6), nn.Linear(6, 4)]), "head_table": nn.Embedding(8, 9)}
    return nn.ModuleDict({"stem": nn.Linear(5, 3), **parts, "last": nn.Conv2d(2, 2, 1)})


def _tried(
    swap_head, make: Callable, path: str, frozen: bool = False, classes: int = CLASSES
) -> tuple[nn.Module, nn.Module]:
    """The model and what was returned; refuses a head that is not new, or elsewhere."""
    with seeded(1):
        model = make()
    if frozen:
        model.eval().requires_grad_(False)
    old = model.get_submodule(path)
    inputs, dtype = old.in_features, old.weight.dtype
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    kept, names = Kept(model), [name for name, _ in model.named_modules()]
    returned = swap_head(model, classes)
    if dotted := [name for m in model.modules() for name in {**m._modules, **vars(m)} if "." in name]:
        raise Wrong(f"a new layer in the place of {path}", f"one called {dotted[0]!r}", *DOTTED)
    with must_work("a layer in the head's place", "it is gone", "use setattr on the parent"):
        new = model.get_submodule(path)
    if not isinstance(new, nn.Linear) or isinstance(new, nn.LazyLinear):
        raise Wrong(f"Linear({inputs}, {classes})", brief(new), "another kind of layer", LIKE_THE_OLD)
    _expect_rest_kept(kept, path)
    if new is old:
        likely = "the old layer is still there"
        remedy = "make a new nn.Linear and put it in its place: an attribute changes no weight"
        raise Wrong("a new layer", f"the old one, {old}", likely, remedy)
    if type(new) is not nn.Linear:
        likely = "a layer of the old head's class" if type(new) is type(old) else "a layer of a derived class"
        raise Wrong("a plain nn.Linear", type(new).__name__, likely, "nn.Linear(...) itself")
    sizes = new.in_features, new.out_features, *new.weight.shape
    if sizes != (inputs, classes, classes, inputs):
        raise Wrong(f"Linear({inputs}, {classes})", brief(new), "another shape or layer", LIKE_THE_OLD)
    if [name for name, _ in model.named_modules()] != names:
        likely = "the layer was taken out and put in again at the end"
        raise Wrong("the layers in their order", "another order", likely, "use setattr on the parent")
    _expect_own_tensors(old, new, dtype)
    return model, returned


def _expect_own_tensors(old: nn.Module, new: nn.Linear, dtype: torch.dtype) -> None:
    """Refuses a new head in other numbers, with a tensor of the old one, or frozen."""
    if new.weight.dtype != dtype:
        likely = "the new layer computes in other numbers than the rest of the model"
        raise Wrong(
            f"weights {dtype}", f"weights {new.weight.dtype}", likely, "leave its dtype as it is made"
        )
    if {id(p) for p in old.parameters()} & {id(p) for p in new.parameters()}:
        likely = "a tensor of the old head is in the new one: what it has learned belongs to other classes"
        raise Wrong("a new layer", "one with an old tensor", likely, "let the new nn.Linear keep its own")
    if not all(p.requires_grad for p in new.parameters()):
        likely = "the new layer is frozen, so that it cannot learn"
        raise Wrong("a new layer that trains", "a frozen one", likely, "freeze nothing here")


def _expect_rest_kept(kept: Kept, path: str) -> None:
    """Refuse changes outside of the head; which one comes first tells the mistake."""
    changed = [c for c in kept.changes() if not c.startswith((f"{path}.", f"{path}:"))]
    if not changed:
        return
    kinds = {c.rpartition(": ")[2] for c in changed if ": " in c}
    if kinds & {"layer", "parameter"}:
        likely, remedy = (
            "another layer was replaced",
            "take the last nn.Linear of model.modules(), not a name",
        )
    elif kinds <= {"requires_grad"} and kinds:
        likely, remedy = (
            "other layers were frozen or thawed",
            "put the new layer in: freezing is another step",
        )
    elif kinds and kinds <= {"mode", "training"}:
        likely, remedy = "the model is in another mode now", "put the new layer in, and nothing else"
    elif kinds:
        likely, remedy = "something else of the model was set", "put the new layer in, and nothing else"
    else:
        likely, remedy = "the values of other layers changed", "leave all other weights as they are"
    raise Wrong(f"a change in {path} alone", f"also changed: {few(changed)}", likely, remedy)


def named_fc(swap_head):
    """a head called fc, as in ResNet."""
    _tried(swap_head, Named, "fc")


@needs(named_fc)
def nested(swap_head):
    """a nested head; the gates are called fc."""
    _tried(swap_head, Gated, "heads.1.0")


@needs(named_fc)
def in_lists(swap_head):
    """a head in a list, other layers behind it."""
    _tried(swap_head, _listed, "head.1")


@needs(named_fc)
def anew(swap_head):
    """a new head also for as many classes as before."""
    _tried(swap_head, _sequential, "3")
    _tried(swap_head, _deeper, "1.1")
    _tried(swap_head, _scored, "1")


@needs(named_fc)
def derived(swap_head):
    """a head of a class derived from nn.Linear."""
    model = _derived()
    before = model[1]
    swap_head(model, CLASSES)
    if type(model[2]) is Derived and model[1] is not before:
        likely = "an instance of a derived class is an nn.Linear, too, but was passed over"
        raise Wrong("a new layer", "the old one", likely, "ask by isinstance(layer, nn.Linear)")
    _tried(swap_head, _derived, "2")


@needs(named_fc)
def leaves_the_rest(swap_head):
    """a frozen model in eval mode: only the head is new."""
    model, _ = _tried(swap_head, Named, "fc", frozen=True)
    if model.get_submodule("fc").bias is None:
        likely = "a bias that is frozen is one all the same"
        raise Wrong("a bias", "none", likely, "nn.Linear(..., bias=old.bias is not None)")


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
    for classes in (CLASSES, 2, 1000):
        model, _ = _tried(swap_head, _sequential, "3", classes=classes)
        if model.get_submodule("3").bias is not None:
            raise Wrong("no bias", "a bias", "nn.Linear has one unless told otherwise", remedy)
    model, _ = _tried(swap_head, Named, "fc")
    if model.get_submodule("fc").bias is None:
        raise Wrong("a bias", "none", "bias=False whatever the old head had", remedy)


CASES = (named_fc, nested, in_lists, anew, derived, leaves_the_rest, returns_it, keeps_bias)


def swap_head(answer) -> None:
    """Check the exercise on a new head."""
    run("swap_head", CASES, answer, library=(heads.replace_head, heads.find_head))
