"""Rows as a table: aligned text, and HTML for notebooks; what others wrote as one line of it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

WIDE, LONG = "overflow:auto", "overflow:auto;max-height:40em"
MOST_ROWS = 20  # with more a table scrolls by itself
NUMBER = "text-align:right;font-variant-numeric:tabular-nums"
_CODE = re.compile(r"`([^`]+)`")
_JOINED = re.compile(
    r"(?<![^\s([])[^\s-]+(?:-[^\s-]+)+(?!\S)"
)  # such as top-1: browsers end lines at hyphens
# OWASP's list ("CSV injection"): what a spreadsheet would calculate, also behind what parts cells elsewhere.
FORMULA = ("=", "+", "-", "@", "\t", "\r", *"＝＋－＠")
_BEHIND_A_SIGN = re.compile(r"(;[\s\"']*)(?=[=+\-@＝＋－＠])")
LONGEST_JOINED = 18  # letters that stay on one line
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def table(rows: Sequence[dict], columns: Sequence[str] | None = None) -> str:
    """Rows of equal keys as aligned text: floats with four digits, numbers to the right."""
    columns = list(columns or (rows[0] if rows else ()))
    cells = [[_cell(row.get(c, "")) for c in columns] for row in rows]
    widths = [max([len(c), *(len(row[i]) for row in cells)]) for i, c in enumerate(columns)]
    right = [_holds_numbers(rows, c) for c in columns]

    def line(texts: Sequence[str]) -> str:
        pairs = zip(texts, widths, right)
        return "  ".join(t.rjust(w) if r else t.ljust(w) for t, w, r in pairs).rstrip()

    rule = "  ".join("-" * w for w in widths)
    return "\n".join([line(columns), rule, *(line(row) for row in cells)])


def html_table(rows: Sequence[dict], columns: Sequence[str] | None = None, caption: str = "") -> str:
    """The same as an HTML table; what is wider than the page, or long, scrolls by itself.

    Args:
        caption: text above it; what stands in backquotes is code.
    """
    columns = list(columns or (rows[0] if rows else ()))
    styles = [
        f' style="{NUMBER}"' if _holds_numbers(rows, c) else ' style="text-align:left"' for c in columns
    ]
    head = "".join(f'<th scope="col"{s}>{_unbroken(html.escape(c))}</th>' for c, s in zip(columns, styles))
    body = "".join(
        "<tr>"
        + "".join(f"<td{s}>{_html_cell(row.get(c, ''))}</td>" for c, s in zip(columns, styles))
        + "</tr>"
        for row in rows
    )
    style = LONG if len(rows) > MOST_ROWS else WIDE
    name = html.escape(caption.replace("`", ""), quote=True)
    shown = _CODE.sub(r"<code>\1</code>", html.escape(caption))
    title = f'<caption style="text-align:left">{shown}</caption>' if caption else ""
    return (  # what scrolls must take the focus, so that the arrow keys can scroll it
        f'<div role="region" aria-label="{name or "table"}" tabindex="0" style="{style}"><table>{title}'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def two_digits(value: float) -> str:
    """Rounded to two digits, without an exponent: ``2,100``, ``0.84``."""
    return f"{Decimal(f'{value:.2g}'):,f}"


def transposed(rows: Sequence[dict]) -> list[dict]:
    """The same table with rows and columns exchanged, for few rows of many columns."""
    title, *others = rows[0]
    return [{"": name, **{row[title]: _cell(row[name]) for row in rows}} for name in others]


def uncoloured(text: str) -> str:
    """Text without the escape sequences by which terminals and tracebacks have colours."""
    return _COLOUR.sub("", text)


def one_line(text: str, longest: int = 300) -> str:
    """What somebody else wrote, as a line that every terminal, table and file takes.

    Line breaks become blanks; control characters, halves of characters and signs that turn the writing
    direction are shown by their codes, not obeyed; beyond ``longest`` characters the middle is left out.
    """
    line = " ".join(text.split())
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    if len(shown) <= longest:
        return shown
    return f"{shown[: longest * 2 // 3]}...{shown[-(longest // 3 - 3) :]}"


def harmless(text: str) -> str:
    """Text that a spreadsheet does not take for a formula; students choose their names themselves."""
    line = _BEHIND_A_SIGN.sub(r"\1'", one_line(text))
    return f"'{line}" if line.lstrip(" ").startswith(FORMULA) else line


def percent(fraction: float | None, digits: int = 1) -> str:
    """0.712 as ``71.2 %``; a dash for what nobody knows."""
    return "–" if fraction is None else f"{100 * fraction:.{digits}f} %"


def count(n: int, noun: str) -> str:
    """1000, "image" as ``1,000 images``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _holds_numbers(rows: Sequence[Mapping], column: str) -> bool:
    """Whether every value of the column that is there is a number, or a text such as ``71.2 %``."""
    values = [row[column] for row in rows if row.get(column) not in (None, "", "–", "-")]
    return bool(values) and all(_is_number(value) for value in values)


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return True
    bare = str(value).removeprefix("↓ ").removesuffix("%").strip()
    middle, _, error = bare.partition(" ± ")
    parts = [middle, error] if error else [middle]
    return all(part.replace(",", "").replace(".", "", 1).lstrip("+-−").isdigit() for part in parts)


def _html_cell(value: object) -> str:
    """As in the text; no line ends between a number and its per cent, or in a short name with a hyphen."""
    return _unbroken(html.escape(_cell(value)).replace(" %", "&nbsp;%"))


def _unbroken(text: str) -> str:
    """HTML whose short words with hyphens stay on one line."""
    return _JOINED.sub(_on_one_line, text)


def _on_one_line(word: re.Match[str]) -> str:
    if len(word[0]) > LONGEST_JOINED:
        return word[0]
    return f'<span style="white-space:nowrap">{word[0]}</span>'


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
