"""Pairs of submissions that are alike beyond what everybody was given: a reason to look, no verdict."""

from __future__ import annotations

import builtins
import io
import keyword
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from course_utils.grading.syntax import parse

LENGTH = 10  # tokens in a row that are compared as one
WORDS = 6  # words in a row, of written answers
COMMON, COMMON_SHARE = 8, 0.1  # what more students than that have is how one writes it
# Sequences that a pair must share, and their share of the shorter answer. Of 60 students who each draw every
# answer of chapter 03 from the 40 or so texts of the answer bank, 2 pairs of 1,770 are told; from 0.5 on, 10.
FEWEST, ALIKE = 20, 0.6
_KNOWN = frozenset(keyword.kwlist) | frozenset(dir(builtins))
_LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


@dataclass(frozen=True)
class Pair:
    """Two students whose answers share telling sequences.

    Attributes:
        share: of the shorter one's own sequences, 0 to 1.
        exercises: by the number of shared sequences, most first.
    """

    first: str
    second: str
    share: float
    exercises: tuple[str, ...]


def alike(answers: Mapping[str, Mapping[str, str]], given: Mapping[str, Iterable[str]]) -> list[Pair]:
    """Pairs that share more than the stub, our own answer and what many write, most alike first.

    Names, comments and layout do not count, so that renaming hides nothing.

    Args:
        answers: by student and exercise, what was written.
        given: by exercise, texts that everybody has or may arrive at: the stub and our answer.
    """
    known = {exercise: set().union(*map(sequences, texts)) for exercise, texts in given.items()}
    own = {
        student: {
            (exercise, s)
            for exercise, text in by_exercise.items()
            for s in sequences(text) - known.get(exercise, set())
        }
        for student, by_exercise in answers.items()
    }
    holders = defaultdict(list)
    for student, found in own.items():
        for sequence in found:
            holders[sequence].append(student)
    most = max(COMMON, COMMON_SHARE * len(answers))
    rare = {sequence: who for sequence, who in holders.items() if len(who) <= most}
    sizes = Counter(student for who in rare.values() for student in who)
    shared: dict[tuple[str, str], Counter] = defaultdict(Counter)
    for (exercise, _), who in rare.items():
        for pair in combinations(sorted(who), 2):
            shared[pair][exercise] += 1
    return _telling(shared, sizes)


def _telling(shared: Mapping[tuple[str, str], Counter], sizes: Counter) -> list[Pair]:
    pairs = []
    for (first, second), by_exercise in shared.items():
        together = by_exercise.total()
        share = together / min(sizes[first], sizes[second])
        if together >= FEWEST and share >= ALIKE:
            exercises = tuple(sorted(by_exercise, key=lambda name: (-by_exercise[name], name)))
            pairs.append(Pair(first, second, share, exercises))
    return sorted(pairs, key=lambda pair: (-pair.share, pair.first, pair.second))


def sequences(text: str) -> set[tuple[str, ...]]:
    """Every ten tokens in a row of code, or six words in a row of what is no code."""
    try:
        tokens, length = _tokens(text), LENGTH
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError, MemoryError):  # as deep as it likes
        tokens, length = re.findall(r"\w+", text.lower()), WORDS
    return {tuple(tokens[i : i + length]) for i in range(len(tokens) - length + 1)}


def _tokens(text: str) -> list[str]:
    """The tokens of code that compiles; one name is as good as another, and docstrings are none."""
    parse(text)  # not `compile`, whose recursion a text can make end the process
    tokens, begins = [], True
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _LAYOUT:
            begins = begins or token.type == tokenize.NEWLINE
            continue
        if not (begins and token.type == tokenize.STRING):
            own = token.type == tokenize.NAME and token.string not in _KNOWN
            tokens.append("name" if own else token.string)
        begins = False
    return tokens
