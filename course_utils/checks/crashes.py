"""What an exception in an answer says: a stub that was left, a method that is missing, or what to try."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping

from course_utils.checks.origins import LIBRARIES
from course_utils.checks.report import Wrong

TELL_APART = (
    "`if`, `in` and `==` compare number by number: tell tensors apart by id(...), compare by torch.equal"
)
COMPARES = r"\bif\b.*\bin\b|\bnot in\b"  # a line that does
# A pattern in "Type: message", and what to try where it is found.
HINTS = (
    (r"Boolean value of Tensor with more than one value", TELL_APART),
    (
        r"has no attribute '\w+\.[\w.]+'|name can't contain|name can\\'t contain",
        "a name with dots is a path: model.get_submodule(name); set the last part on its parent",
    ),
    (
        r"size of tensor a .* must match|cannot be multiplied|expected input\[|Expected size for first",
        "print the shapes of all tensors in that line: they do not fit",
    ),
    (r"^RecursionError", "the function calls itself without an end, or too deeply: look at what ends it"),
    (
        r"not implemented for '(Bool|Byte)'",
        "this operation takes no bools and no bytes: turn them into numbers first, .float()",
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


# How Python and torch say that a class has no such method, or one with other parameters.
NO_METHOD = (
    r"'(?P<cls>\w+)' object has no attribute '(?P<name>\w+)'",
    r"Module \[(?P<cls>\w+)\] is missing the required \"(?P<name>forward)\"",
)
OTHER_PARAMETERS = r"(?P<cls>\w+)\.(?P<name>\w+)\(\) (takes|missing|got)"


def is_open(problem: BaseException) -> bool:
    """Whether this is the ``raise NotImplementedError()`` of a stub, and not one of torch's."""
    frames = traceback.extract_tb(problem.__traceback__)
    if not isinstance(problem, NotImplementedError) or frames[-1].filename.startswith(LIBRARIES):
        return False
    return not str(problem) or (frames[-1].line or "").startswith("raise")


def missing_method(problem: Exception, names: Mapping[str, object]) -> Wrong | None:
    """What is told of a class of the notebook that lacks a method, or a method without ``self``.

    Args:
        names: of the notebook.
    """
    told = str(problem)
    for pattern in NO_METHOD:
        found = re.search(pattern, told)
        if found and isinstance(names.get(found["cls"]), type):
            likely = f"`{found['name']}` is missing: misspelt, or not indented as a method of the class"
            wanted = f"{found['cls']}.{found['name']}"
            return Wrong(wanted, "no such method or attribute", likely, "define it inside the class")
    found = re.search(OTHER_PARAMETERS, told)
    if found and isinstance(problem, TypeError) and isinstance(names.get(found["cls"]), type):
        remedy = "put the parameters of the stub back, self first"
        return Wrong(f"{found['cls']}.{found['name']} as asked", told, "its parameters are others", remedy)
    return None


def what_to_try(problem: Exception, line: str = "") -> str:
    """The hint that fits an exception in a student's code.

    Args:
        line: that raised it, where it is known.
    """
    told = f"{type(problem).__name__}: {problem}"
    if re.search(r"size of tensor a .* must match", told) and re.search(COMPARES, line):
        return TELL_APART
    return next((hint for pattern, hint in HINTS if re.search(pattern, told)), NO_HINT)
