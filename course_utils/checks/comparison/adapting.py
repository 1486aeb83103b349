"""Check of exercise adapt_alexnet: 32x32 images go through, and what is called pretrained is."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from course_utils.checks.comparison.tiny import narrow_alexnet
from course_utils.checks.core import must_work, needs, run
from course_utils.checks.mistakes import Mistake, brief, few, of_wrong_type, recognise
from course_utils.checks.report import Wrong
from course_utils.models import alexnet, stems

State = dict[str, Tensor]
CLASSES, OLD_CLASSES = 12, 9


def still_pretrained(before: State, after: State) -> list[str]:
    """Names in ``after`` whose tensor equals one of ``before`` bit for bit."""
    return [n for n, t in after.items() if any(torch.equal(t, old) for old in before.values())]


def _same_shape(before: State, after: State) -> list[str]:
    return [n for n, t in after.items() if n in before and t.shape == before[n].shape]


CLONES = "compare values by torch.equal, with clones from before: state_dict() alone changes with the model"
# Each names tensors in the place of those that are still pretrained.
MISTAKES = (
    Mistake(
        lambda before, after: list(after),
        "these are all names: the new head, or whatever is new, is random",
        "compare each tensor with a copy that was taken before the change",
    ),
    Mistake(
        lambda before, after: [n for n in still_pretrained(before, after) if n.startswith("features.")],
        "only the convolutions are listed, but linear layers have kept their values as well",
        "ask every tensor of the state_dict",
    ),
    Mistake(
        lambda before, after: [n for n in still_pretrained(before, after) if "bias" not in n],
        "biases are left out",
        "go through model.state_dict(), which has the biases, too",
    ),
    Mistake(
        lambda before, after: [n for n in after if n not in still_pretrained(before, after)],
        "these are the tensors that are new",
        "list the others",
    ),
    Mistake(
        lambda before, after: still_pretrained(after, before),
        "these are the names in the model that you were given, not in the one that you return",
        "take the names from the state_dict of the returned model",
    ),
)
SAME_NAMES = Mistake(
    lambda before, after: [n for n, t in after.items() if n in before and torch.equal(t, before[n])],
    "tensors of the same name were compared, but a layer that was put in has shifted the names",
    "look for each tensor among all of the old ones, or change a layer in its place",
)
# The same, where the new head has the shape of the old one.
VALUE_MISTAKES = (
    Mistake(
        _same_shape,
        "a new layer of the old shape passes for pretrained: shapes were compared, or values without a copy",
        CLONES,
    ),
)
OTHERWISE = ("none of the usual mistakes explains this", "compare each tensor with its copy from before")
BOTH = "end in `return model, names`"


def returns_model_and_names(adapt_alexnet):
    """a model and a list of names are returned."""
    got = adapt_alexnet(narrow_alexnet(OLD_CLASSES), CLASSES)
    if not isinstance(got, tuple | list) or len(got) != 2:
        raise Wrong("a pair (model, names)", type(got).__name__, *of_wrong_type(got, BOTH))
    model, names = got
    if not isinstance(model, nn.Module):
        raise Wrong("a model first", brief(model), *of_wrong_type(model, BOTH))
    if type(names) is not list or any(type(name) is not str for name in names):
        likely = of_wrong_type(names, "return a list of str")
        raise Wrong("a list of str second", brief(names), *likely)


@needs(returns_model_and_names)
def takes_small_images(adapt_alexnet):
    """32x32 images give logits [N, num_classes]."""
    model, _ = adapt_alexnet(narrow_alexnet(OLD_CLASSES), CLASSES)
    x = torch.randn(2, 3, 32, 32)
    likely = "a map still shrinks to nothing, or a layer has other sizes than what comes to it"
    remedy = "print the shape after each layer; take in_features from the layer that was there"
    with torch.no_grad(), must_work("32x32 images go through", likely, remedy):
        logits = model.eval()(x)
    with torch.no_grad():
        one = tuple(model(x[:1]).shape)
    if tuple(logits.shape) == (2, CLASSES) and one != (1, CLASSES):
        likely = "a dimension of size 1 is dropped: squeeze() takes the batch for it"
        raise Wrong([1, CLASSES], list(one), likely, "keep the first dimension, whatever its size")
    if tuple(logits.shape) == (2, CLASSES):
        _must_be_logits(logits)
        with torch.no_grad():
            if model(1e8 * x).abs().max() <= 1:
                likely = "a sigmoid or a tanh follows the last layer: even huge inputs give numbers below 1"
                raise Wrong("logits", "numbers that stay below 1", likely, "end in the last linear layer")
        return f"[2, {CLASSES}]"
    likely = "the last layer does not have num_classes outputs"
    remedy = "put a new nn.Linear in the place of classifier[6]"
    raise Wrong([2, CLASSES], list(logits.shape), likely, remedy)


@needs(returns_model_and_names)
def keeps_kernels(adapt_alexnet):
    """weight and bias of all five convolutions survive."""
    before, after, _ = _adapted(adapt_alexnet, CLASSES)
    lost = [
        name
        for name, tensor in before.items()
        if name.startswith("features.") and not any(torch.equal(tensor, t) for t in after.values())
    ]
    if not lost:
        return "10 tensors"
    likely = "this layer is new and random"
    remedy = "change an attribute of the layer, or copy the tensor"
    if lost[0] in after and after[lost[0]].shape == before[lost[0]].shape:
        likely = "this tensor is new and random, or its numbers were changed"
    elif lost[0] in after:
        likely = "the kernel was cut or replaced by one of another size"
        remedy = "keep the whole kernel: change the stride of the layer instead"
    raise Wrong("the tensors as they were", f"lost: {few(lost)}", likely, remedy)


@needs(keeps_kernels)
def names_what_is_left(adapt_alexnet):
    """the names: all that is still pretrained, no more."""
    return _compare_names(adapt_alexnet, CLASSES, (SAME_NAMES, *MISTAKES))


@needs(names_what_is_left)
def compares_values(adapt_alexnet):
    """also with as many classes as before."""
    return _compare_names(adapt_alexnet, OLD_CLASSES, VALUE_MISTAKES)


CASES = (
    returns_model_and_names,
    takes_small_images,
    keeps_kernels,
    names_what_is_left,
    compares_values,
)


def adapt_alexnet(adapt_alexnet) -> None:
    """Check the exercise on adapting AlexNet."""
    library = (stems.adapt_stem, alexnet.build_alexnet)
    run("adapt_alexnet", CASES, adapt_alexnet, library=library)


def _must_be_logits(logits: Tensor) -> None:
    likely = ""
    if torch.allclose(logits.exp().sum(dim=1), torch.ones(2)):
        likely = "these are logarithms of probabilities"
    if (logits >= 0).all() and (logits == 0).any():
        likely = "a ReLU follows the last layer"
    if (logits >= 0).all() and torch.allclose(logits.sum(dim=1), torch.ones(2)):
        likely = "these are probabilities"
    if likely:
        raise Wrong("logits", brief(logits[0].tolist()), likely, "end in the last linear layer")


def _adapted(adapt_alexnet, classes: int) -> tuple[State, State, Sequence[str]]:
    """State before and after, and the names that the answer gives."""
    stock = narrow_alexnet(OLD_CLASSES)
    before = {name: tensor.clone() for name, tensor in stock.state_dict().items()}
    model, names = adapt_alexnet(stock, classes)
    return before, model.state_dict(), names


def _compare_names(adapt_alexnet, classes: int, mistakes: Sequence[Mistake]) -> str:
    before, after, names = _adapted(adapt_alexnet, classes)
    expected = sorted(still_pretrained(before, after))
    if sorted(names) == expected:
        return f"{len(expected)} names"
    likely = recognise(
        sorted(names), expected, mistakes, lambda wrong: sorted(wrong(before, after)), OTHERWISE
    )
    if set(names) == set(expected):
        likely = ("some names come more than once", "list each name once")
    if any(f"{name}.weight" in after for name in names):
        likely = ("these are names of layers", "list tensors, by their names in the state_dict")
    missing, wrong = (sorted(set(a) - set(b)) for a, b in ((expected, names), (names, expected)))
    if likely == OTHERWISE and wrong and not missing:
        likely = ("these are listed, but their numbers are new", CLONES)
    if likely == OTHERWISE and missing and not wrong:
        likely = ("some that have kept their numbers are left out", "ask every tensor of the state_dict")
    raise Wrong(f"{len(expected)} names", f"missing: {few(missing)}; wrong: {few(wrong)}", *likely)
