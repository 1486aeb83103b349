"""The page of claims: what the source texts say, the verdict, and what holds instead."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence

from course_utils.authoring.source import Source
from course_utils.errors import BuildError

TABLE, PAGE = "docs/claims.toml", "docs/claims.md"
VERDICTS = {
    "right": "as it is said",
    "partly": "true, with something to add",
    "misleading": "a true word in a wrong place, or a condition left out",
    "wrong": "refuted by the source beside it",
    "bug": "code that does something else than it is said to do",
    "open": "an anecdote, or a number that nobody can check from the text",
}
KEYS = {"id", "text", "claim", "verdict", "fact", "source", "course"}
CITED = re.compile(r"\bclaims? ((?:[A-F]\d+(?:, (?:and )?| and )?)+)")
ID = re.compile(r"[A-F]\d+")


def page(table: str, sources: Sequence[Source]) -> str:
    """The page as Markdown, from the text of the table.

    Raises:
        BuildError: if a claim lacks a key, has an unknown verdict or a second owner of its id, or if a
            chapter cites a claim that the table does not have.
    """
    content = tomllib.loads(table)
    claims = content["claim"]
    for claim in claims:
        _check(claim)
    ids = Counter(claim["id"] for claim in claims)
    if twice := [name for name, n in ids.items() if n > 1]:
        raise BuildError(f"{TABLE} has the claim {twice[0]} twice.")
    for source in sources:
        if unknown := cited_in(source) - ids.keys():
            raise BuildError(f"{source.name} cites the claim {min(unknown)}, which {TABLE} does not have.")
    areas = [_area(letter, name, claims) for letter, name in content["areas"].items()]
    return "\n".join([*_head(claims, content["texts"]), *areas])


def cited_in(source: Source) -> set[str]:
    """The claims that the texts of a chapter name, such as ``(claims A1, A2)``."""
    texts = (cell.source for cell in source.cells if cell.kind == "markdown")
    return {name for text in texts for group in CITED.findall(text) for name in ID.findall(group)}


def _check(claim: Mapping[str, str]) -> None:
    name = claim.get("id", "without an id")
    if lacking := KEYS - claim.keys():
        raise BuildError(
            f"the claim {name} of {TABLE} has no {min(lacking)}.", expected=", ".join(sorted(KEYS))
        )
    if claim["verdict"] not in VERDICTS:
        raise BuildError(
            f"the claim {name} has the verdict {claim['verdict']!r}.", expected=", ".join(VERDICTS)
        )


def _head(claims: Sequence[Mapping[str, str]], texts: Mapping[str, str]) -> list[str]:
    counts = Counter(claim["verdict"] for claim in claims)
    return [
        "# The claims, one by one",
        "",
        "<!-- Made by `course build` from claims.toml. -->",
        "",
        f"The course grew out of five tutorials, called S0 to S4 here. {len(claims)} of their claims",
        "were checked against papers, the facts that libraries publish, or a run. The notebooks take up",
        "those that carry a lesson; the rest stands here. *From memory* means that the source was not",
        "opened: check it before you rely on it.",
        "",
        *(f"- **{name}**: {what}." for name, what in texts.items()),
        "",
        "| verdict | means | claims |",
        "|---|---|---:|",
        *(f"| {verdict} | {meaning} | {counts[verdict]} |" for verdict, meaning in VERDICTS.items()),
        "",
    ]


def _area(letter: str, name: str, claims: Sequence[Mapping[str, str]]) -> str:
    columns = ("id", "text", "claim", "verdict", "fact", "source", "course")
    rows = [
        f'| <a id="{claim["id"]}"></a>' + " | ".join(claim[column] for column in columns) + " |"
        for claim in claims
        if claim["id"].startswith(letter)
    ]
    head = ["| | text | claim | verdict | what holds | source | chapter |", "|---|---|---|---|---|---|---|"]
    return "\n".join([f"## {letter} · {name}", "", *head, *rows, ""])
