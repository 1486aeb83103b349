"""Links that a site makes of what its texts name: a claim, a chapter, a section of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from course_utils.authoring import claims, page

CLAIMS = "claims.html"
_PIECE = re.compile(r"(<[^>]+>)")
_CLOSED = re.compile(r"<(/?)(pre|code|a|h[1-6]|style|script)\b")  # what lies in these is left alone
_CHAPTER = re.compile(r"\b([Cc]hapter )(\d\d)(?:(, section )(\d+))?")


def addresses(pages: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Where links may lead: each chapter by its number, its sections, and the claims if they are there.

    Args:
        pages: bodies by file; chapters are those whose names begin with their number.
    """
    chapters = {file[:2]: _sections(body) | {"": file} for file, body in pages.items() if file[:2].isdigit()}
    return chapters | ({CLAIMS: {}} if CLAIMS in pages else {})


def linked(body: str, here: str, known: Mapping[str, Mapping[str, str]]) -> str:
    """The body with links in its running text to what is known; ``here`` is its own file."""

    def chapter(match: re.Match) -> str:
        found = known.get(match[2], {})
        if not found or found[""] == here:
            return match[0]
        return f'<a href="{found[""]}{found.get(match[4] or "-", "")}">{match[0]}</a>'

    def claim(match: re.Match) -> str:
        return claims.ID.sub(rf'<a href="{CLAIMS}#\g<0>">\g<0></a>', match[0])

    def words(text: str) -> str:
        return _CHAPTER.sub(chapter, claims.CITED.sub(claim, text) if CLAIMS in known else text)

    return body if here == CLAIMS else _outside(body, words)


def _sections(body: str) -> dict[str, str]:
    """Where each numbered section begins, as the end of an address: ``{"4": "#4-how-many"}``."""
    _, headings = page.with_anchors(body)
    numbered = ((re.match(r"(\d+) · ", h.text), h.anchor) for h in headings if h.level == 2)
    return {match[1]: f"#{anchor}" for match, anchor in numbered if match}


def _outside(body: str, change: Callable[[str], str]) -> str:
    """Change the text between tags, where it is neither code nor a heading nor linked already."""
    depth, made = 0, []
    for piece in _PIECE.split(body):
        if tag := _CLOSED.match(piece):
            depth += -1 if tag[1] else 1
        made.append(piece if depth or piece.startswith("<") else change(piece))
    return "".join(made)
