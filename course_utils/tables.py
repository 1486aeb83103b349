"""Rows as aligned text, and what others wrote as one line of it."""

from __future__ import annotations

from collections.abc import Sequence


def table(rows: Sequence[dict], columns: Sequence[str] | None = None) -> str:
    """Rows of equal keys as aligned text: floats in 0..1 stay as they are, numbers to the right."""
    columns = list(columns or rows[0])
    cells = [[_cell(row.get(c, "")) for c in columns] for row in rows]
    widths = [max(len(c), *(len(row[i]) for row in cells)) for i, c in enumerate(columns)]
    right = [isinstance(rows[0].get(c), int | float) for c in columns]

    def line(texts: Sequence[str]) -> str:
        pairs = zip(texts, widths, right)
        return "  ".join(t.rjust(w) if r else t.ljust(w) for t, w, r in pairs).rstrip()

    rule = "  ".join("-" * w for w in widths)
    return "\n".join([line(columns), rule, *(line(row) for row in cells)])


def turned(rows: Sequence[dict]) -> list[dict]:
    """The same table with rows and columns exchanged, for few rows of many columns."""
    title, *others = rows[0]
    return [{"": name, **{row[title]: _cell(row[name]) for row in rows}} for name in others]


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


def _cell(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
