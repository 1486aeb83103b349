"""Submissions that are alike beyond what everybody was given: a reason to look, no verdict."""

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
COMMON, COMMON_SHARE = 8, 0.1  # what more students than that have is how one writes it,
WAYS = 2  # unless the very same students have it in that many exercises
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
class Alike:
    """Two students, or many, whose answers share telling sequences.

    Attributes:
        students: sorted.
        share: of the shortest one's own sequences, 0 to 1.
        exercises: by the number of shared sequences, most first.
    """

    students: tuple[str, ...]
    share: float
    exercises: tuple[str, ...]


def alike(answers: Mapping[str, Mapping[str, str]], given: Mapping[str, Iterable[str]]) -> list[Alike]:
    """Who shares more than the stub, our own answer and what many write, most alike first.

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
    for student in sorted(own):
        for sequence in own[student]:
            holders[sequence].append(student)
    most = max(COMMON, COMMON_SHARE * len(answers))
    pairs: dict[tuple[str, ...], Counter] = defaultdict(Counter)
    rings: dict[tuple[str, ...], Counter] = defaultdict(Counter)
    rare: Counter = Counter()
    for (exercise, _), who in holders.items():
        if len(who) > most:
            rings[tuple(who)][exercise] += 1
            continue
        rare.update(who)
        for pair in combinations(who, 2):
            pairs[pair][exercise] += 1
    many = {group: shared for group, shared in rings.items() if len(shared) >= WAYS}
    found = _telling(many, {student: len(all_of) for student, all_of in own.items()}) + _telling(pairs, rare)
    return sorted(found, key=lambda some: (-some.share, some.students))


def _telling(groups: Mapping[tuple[str, ...], Counter], sizes: Mapping[str, int]) -> list[Alike]:
    found = []
    for students, by_exercise in groups.items():
        together = by_exercise.total()
        share = together / min(sizes[student] for student in students)
        if together >= FEWEST and share >= ALIKE:
            exercises = tuple(sorted(by_exercise, key=lambda name: (-by_exercise[name], name)))
            found.append(Alike(students, share, exercises))
    return found


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
