"""Every sentence of a statement bites: for each thing that it asks, an answer that loses points without it.

``answers/<exercise>/clauses.toml`` lists the clauses of a statement::

    asks_nothing = ["138 GiB do not fit into memory."]  # sentences that only tell a story

    [[clause]]
    text = "can be gone through **once**"  # word for word, in the exercise's text or in its stub
    wrong = "wrong_second_pass.py"         # breaks this clause, and no other one
    cell = "streaming-2"                   # the hidden tests that take points for it

A sentence that holds no clause must be listed as asking nothing, and what no answer can break is not to
be asked. That a wrong answer loses its points in its cell is read off its transcript, which
``test_answers.py`` holds to what happens: so each answer runs once.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from exercises import ROOT, cells, hidden_tests, statement, stub

ANSWERS = ROOT / "tests" / "answers"
KEYS = sorted(cells("check"))
SENTENCE_END = re.compile(r"(?<=[.?!:]) (?=[A-Z`*(-])|(?<=[.?!;:]) (?=- )")


def clauses(key: str) -> dict:
    """What ``clauses.toml`` says; nothing where there is none."""
    file = ANSWERS / key / "clauses.toml"
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {"clause": []}


def on_one_line(text: str) -> str:
    return " ".join(text.split())


def loses_points(transcript: Path, cell: str) -> bool:
    """Whether the hidden tests of this cell fail, by the transcript of an answer."""
    text = transcript.read_text(encoding="utf-8")
    (verdict,) = re.findall(rf"^hidden tests {cell}: (.*)$", text, re.MULTILINE)
    return verdict != "passed"


def silent_sentences(text: str, listed: list[str]) -> list[str]:
    """The sentences of a statement in which no clause lies, and that are not said to ask nothing."""
    told = on_one_line(re.sub(r"(?m)^###.*$|^\*Predict first:\*(.|\n)*?(?=\n\n|\Z)", "", text))
    places = [told.find(on_one_line(clause)) for clause in listed]
    found = [(i, i + len(on_one_line(c))) for i, c in zip(places, listed) if i >= 0]
    ends = [0, *(match.end() for match in SENTENCE_END.finditer(told)), len(told)]
    return [
        told[start:end].strip()
        for start, end in zip(ends, ends[1:])
        if re.search(r"\w", told[start:end]) and not any(a < end and b > start for a, b in found)
    ]


@pytest.mark.parametrize("key", KEYS)
def test_every_clause_stands_in_the_statement_and_has_its_wrong_answer(key):
    listed, text = clauses(key)["clause"], on_one_line(f"{statement(key)} {stub(key)}")
    assert listed, f"tests/answers/{key}/clauses.toml lists no clause"
    assert [c["text"] for c in listed if on_one_line(c["text"]) not in text] == []
    assert [c["wrong"] for c in listed if not (ANSWERS / key / c["wrong"]).is_file()] == []
    assert [c["cell"] for c in listed if c["cell"] not in hidden_tests(key)] == []
    for one in ("text", "wrong"):
        assert len({c[one] for c in listed}) == len(listed), f"two clauses of {key} have the same {one}"


@pytest.mark.parametrize("key", KEYS)
def test_every_clause_costs_points(key):
    unpunished = [
        f"{clause['text']} ({clause['wrong']} in {clause['cell']})"
        for clause in clauses(key)["clause"]
        if not loses_points((ANSWERS / key / clause["wrong"]).with_suffix(".txt"), clause["cell"])
    ]
    assert unpunished == []


@pytest.mark.parametrize("key", KEYS)
def test_no_sentence_is_without_a_clause(key):
    text, asks_nothing = statement(key), clauses(key).get("asks_nothing", [])
    assert [story for story in asks_nothing if on_one_line(story) not in on_one_line(text)] == []
    listed = [c["text"] for c in clauses(key)["clause"]]
    assert silent_sentences(text, [*listed, *asks_nothing]) == []


def test_a_sentence_that_nobody_listed_is_found():
    text = (
        "### Exercise 1 · A\n\nIt is late. Add 1 to `x`.\n- `x` stays as\n  it is;\n\n*Predict first:* why?"
    )
    assert silent_sentences(text, ["Add 1", "stays as it is"]) == ["It is late."]
    assert silent_sentences(text, ["It is late.", "Add 1"]) == ["- `x` stays as it is;"]
