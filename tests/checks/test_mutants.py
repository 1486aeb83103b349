"""A sample of the mutants of our own answers; ``python tests/mutants.py`` tries all of them."""

from __future__ import annotations

import random

import pytest
from exercises import cells
from mutants import Mutant, equivalent, killed, mutants

KEYS = sorted(cells("check"))
# Some mutants of our own answers are alive, and no mistake of theirs is explained yet: see the table.
TO_DO = {"capture", "repair"}
DONE = [key for key in KEYS if key not in TO_DO]
SAMPLE = 3  # mutants of each exercise
ANSWER = """def f(a, b):
    a = a + 0
    ### BEGIN SOLUTION
    if a < b:
        return [x.clone() for x in b if x], g(a, b, dim=-1)
    a += 2
    ### END SOLUTION"""


@pytest.mark.slow
@pytest.mark.parametrize("key", DONE)
def test_a_mutant_is_killed_or_said_to_be_no_mistake(key):
    same = equivalent(key)
    some = random.Random(key).sample(mutants(cells("answer")[key]), SAMPLE)
    assert [m.change for m in some if m.change not in same and not killed(key, m)] == []


@pytest.mark.slow
@pytest.mark.parametrize("key", KEYS)
def test_what_is_listed_is_a_mutant(key):
    made = {mutant.change for mutant in mutants(cells("answer")[key])}
    assert [change for change in equivalent(key) if change not in made] == []


def test_an_untouched_answer_lives():
    assert not killed("topk", Mutant("", cells("answer")["topk"]))


@pytest.mark.parametrize(
    "changed",
    [
        "    if a <= b:",
        "    if not (a < b):",
        "[x for x in b if x]",
        "for x in b], g(",
        "g(b, a, dim=-1)",
        "g(a, None, dim=-1)",
        "g(a, b, )",
        "dim=-2",
        "dim=-0",
        "    pass\n    ### END",
        "    a = 2",
        "    a -= 2",
        "return g(a, b, dim=-1), [x.clone() for x in b if x]",
    ],
)
def test_a_solution_is_changed_in_many_ways(changed):
    assert any(changed in mutant.source for mutant in mutants(ANSWER))


def test_what_is_no_solution_stays_and_no_two_mutants_share_a_name():
    made = mutants(ANSWER)
    assert all("a = a + 0" in mutant.source for mutant in made)
    assert len({mutant.change for mutant in made}) == len({mutant.source for mutant in made}) == len(made)
