"""What to try after an exception that PyTorch words in its own way."""

from __future__ import annotations

import re

# A pattern in "Type: message", and what to try where it is found.
HINTS = (
    (
        r"Boolean value of Tensor with more than one value",
        "`if`, `in` and `==` compare number by number: tell tensors apart by id(...), compare by torch.equal",
    ),
    (
        r"has no attribute '\w+\.[\w.]+'|name can't contain|name can\\'t contain",
        "a name with dots is a path: model.get_submodule(name); set the last part on its parent",
    ),
    (
        r"size of tensor a .* must match|cannot be multiplied|expected input\[|Expected size for first",
        "print the shapes of all tensors in that line: they do not fit",
    ),
    (r"^ZeroDivisionError", "print what that line divides by: in this case it is 0"),
    (
        r"'NoneType' object|not NoneType",
        "print what is None there: a layer without a bias or a shortcut has None in its place",
    ),
    (
        r"does not require grad and does not have a grad_fn",
        "nothing was recorded for backward(): look for no_grad, .detach(), .item() or a frozen parameter",
    ),
    (
        r"leaf Variable that requires grad",
        "change weights inside `with torch.no_grad():`",
    ),
    (r"Can't call numpy\(\) on Tensor that requires grad", "call .detach() first"),
    (
        r"result type \w+ can't be cast|could not infer output dtype|Input type \(unsigned char",
        "turn whole numbers into floats first: .float()",
    ),
    (r"selected index k out of range", "topk wants a k of at most the size of that dimension: min(k, ...)"),
    (
        r"Error\(s\) in loading state_dict",
        "the models differ in layers or shapes; copy.deepcopy(model) gives one that is built like `model`",
    ),
    (r"before Module.__init__\(\) call", "call super().__init__() first"),
    (
        r"has no len\(\)|(iterator|generator)' object is not subscriptable",
        "an iterable need not have a length or positions: go through it with `for`, and count on the way",
    ),
)
NO_HINT = "run that line by itself on a small example"


def what_to_try(problem: Exception) -> str:
    """The hint that fits an exception in a student's code."""
    told = f"{type(problem).__name__}: {problem}"
    return next((hint for pattern, hint in HINTS if re.search(pattern, told)), NO_HINT)
