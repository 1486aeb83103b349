"""The table of the zoo: its rows, and a view to sort and filter, or a plain one without widgets."""

from __future__ import annotations

import html
from collections.abc import Sequence

from course_utils import live
from course_utils.compare import table
from course_utils.counting import last_map, multiply_adds, on_meta, smallest_input
from course_utils.model_cards import card
from course_utils.models import count_parameters
from course_utils.zoo import FAMILIES, Entry, build

COLUMNS = (
    "model", "family", "year", "parameters (M)", "GMAC", "size", "GMAC at 32", "map", "map at 32",
    "smallest", "top-1", "top-5", "trained on", "labels", "licence",
)  # fmt: skip
COMMERCIAL = {True: "yes", False: "no", None: "read them"}
ALL = "all families"
STYLE = "overflow:auto;font-size:85%;max-height:40em"


def zoo_row(entry: Entry) -> dict:
    """Published and counted facts of one entry; nothing is downloaded, no weight is stored.

    ``parameters (M)`` counts millions with a head of ten classes, ``GMAC`` billions of
    multiply-adds for an image at ``size`` pixels and at 32, where Transformers are rebuilt with
    small patches; ``map`` is the last feature map at these two sizes.
    """
    facts = card(entry)
    stock = on_meta(lambda: build(entry.name, size=entry.size))
    small = on_meta(lambda: build(entry.name, size=32))
    return {
        "model": entry.name,
        "family": entry.family,
        "year": entry.year,
        "parameters (M)": count_parameters(stock) / 1e6,
        "GMAC": multiply_adds(stock, entry.size) / 1e9,
        "size": entry.size,
        "GMAC at 32": multiply_adds(small, 32) / 1e9,
        "map": _sides(last_map(stock, entry.size)),
        "map at 32": _sides(last_map(small, 32)),
        "smallest": smallest_input(stock, entry.size),
        "top-1": facts.top1,
        "top-5": facts.top5,
        "conditions": facts.conditions,
        "source": facts.source,
        "trained on": entry.trained_on,
        "labels": entry.labels,
        "licence": facts.licence,
        "commercial": COMMERCIAL[facts.commercial],
        "tag": entry.tag,
        "library": entry.library,
    }


def chosen_rows(
    rows: Sequence[dict],
    family: str = ALL,
    words: str = "",
    most_parameters: float = float("inf"),
    by: str = "year",
    descending: bool = False,
) -> list[dict]:
    """Rows of one family, with all ``words`` somewhere in them, sorted; rows without a value last.

    Args:
        most_parameters: in millions.
        by: a column.
    """
    wanted = [
        row
        for row in rows
        if family in (ALL, row["family"])
        and row["parameters (M)"] <= most_parameters
        and all(word in _searched(row) for word in words.lower().split())
    ]
    known = [row for row in wanted if row[by] is not None]
    unknown = [row for row in wanted if row[by] is None]
    return sorted(known, key=lambda row: row[by], reverse=descending) + unknown


def html_table(rows: Sequence[dict], columns: Sequence[str] = COLUMNS) -> str:
    """The rows as an HTML table."""
    head = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(shown(row[c], c))}</td>" for c in columns) + "</tr>"
        for row in rows
    )
    name = f"The zoo: {len(rows)} sets of weights" if rows else "The zoo: nothing fits, loosen a filter"
    return (  # what scrolls must take the focus, so that the arrow keys can scroll it
        f'<div role="region" aria-label="{name}" tabindex="0" style="{STYLE}"><table><caption>{name}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def plain_table(rows: Sequence[dict], columns: Sequence[str] = COLUMNS) -> str:
    """The rows as aligned text."""
    return table([{column: shown(row[column], column) for column in columns} for row in rows])


def shown(value: object, column: str) -> str:
    """A value as the table prints it: accuracies in per cent, a dash for what is not known."""
    if value is None:
        return "-"
    if column in ("top-1", "top-5"):
        return f"{value:.1%}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def zoo_table(rows: Sequence[dict]) -> None:
    """Show the rows: with widgets to sort and filter them, as a plain table everywhere else."""
    ordered = chosen_rows(rows)
    twin = {"text/html": html_table(ordered), "text/plain": plain_table(ordered)}
    live.show((twin, {}), lambda: browser(rows))


def browser(rows: Sequence[dict]):
    """The live view: an ipywidgets box whose table follows its controls."""
    import ipywidgets

    most = max(row["parameters (M)"] for row in rows)
    example = "for example: imagenet-1k apache"
    style = {"description_width": "initial"}  # as wide as its text, so that none is cut
    slider = {"min": 0, "max": most, "description": "million parameters, at most"}
    controls = {
        "family": ipywidgets.Dropdown(options=[ALL, *FAMILIES], description="family", style=style),
        "words": ipywidgets.Text(placeholder=example, description="words", style=style),
        "most_parameters": ipywidgets.FloatSlider(most, **slider, style=style),
        "by": ipywidgets.Dropdown(options=COLUMNS, value="year", description="sort by", style=style),
        "descending": ipywidgets.Checkbox(False, description="largest first", style=style),
    }
    controls["most_parameters"].layout.width = "28em"
    view = ipywidgets.HTML(html_table(chosen_rows(rows)))

    def refresh(_) -> None:
        settings = {name: control.value for name, control in controls.items()}
        view.value = html_table(chosen_rows(rows, **settings))

    for control in controls.values():
        control.observe(refresh, names="value")
    wrapped = ipywidgets.Layout(flex_flow="row wrap")  # a narrow or enlarged page has no room for a row
    return ipywidgets.VBox([ipywidgets.HBox(list(controls.values()), layout=wrapped), view])


def _sides(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _searched(row: dict) -> str:
    return " ".join(str(value) for value in row.values()).lower()
