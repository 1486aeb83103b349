"""An answer that does nothing earns nothing: it gives back an argument, or something empty, in every exercise."""

from __future__ import annotations

import ast

import pytest
from exercises import cells, stub
from test_answers import _grade, _run

KEYS = sorted(cells("check"))
# What each function of an answer returns; {first} and {last} stand for its arguments.
BLANKS = (
    "None", "{first}", "{last}", "({first}, {last})", "({first}, [])",
    "{{}}", "[]", "()", "''", "0", "1", "0.0", "1.0", "True", "False",
    "torch.zeros_like({last})", "torch.zeros(2, 6)", "copy.deepcopy({first})", "{first}({last})", "(0, 0)", "(0.0, 0.0)", "(0.0, 1.0)", "(0, 0, 1.0)", "torch.zeros(3)", "(torch.zeros(3), torch.ones(3))",
)  # fmt: skip


class Blank(ast.NodeTransformer):
    """Gives every function of a stub the same body."""

    def __init__(self, value: str):
        self.value = value

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if node.name == "__init__":
            node.body = ast.parse("super().__init__()").body
            return node
        names = [argument.arg for argument in node.args.args if argument.arg != "self"]
        first, last = (names[0], names[-1]) if names else ("None", "None")
        node.body = ast.parse(f"return {self.value.format(first=first, last=last)}").body
        return node


def blank(key: str, value: str) -> str:
    tree = Blank(value).visit(ast.parse(stub(key)))
    return ast.unparse(ast.fix_missing_locations(tree))


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_an_answer_that_does_nothing_earns_nothing(key):
    passed = {
        value: [id_ for id_, verdict in _grade(key, _run(blank(key, value))).items() if verdict == "passed"]
        for value in BLANKS
    }
    assert {value: ids for value, ids in passed.items() if ids} == {}


def test_functions_and_classes_are_emptied():
    assert "return model" in blank("keep_stem", "{first}")
    assert "return labels" in blank("mcnemar", "{last}")
    assert blank("basic_block", "{first}").endswith(
        "super().__init__()\n\n    def forward(self, x: torch.Tensor) -> torch.Tensor:\n        return x"
    )
