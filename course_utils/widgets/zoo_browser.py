"""The table of the zoo: its rows, and a view to sort and filter, or a plain one without widgets."""

from __future__ import annotations

from collections.abc import Sequence

from course_utils import tables
from course_utils.widgets import live
from course_utils.zoo.entries import FAMILIES
from course_utils.zoo.rows import ALL, COLUMNS, filter_rows, format_cell, plain_table


def html_table(rows: Sequence[dict], columns: Sequence[str] = COLUMNS) -> str:
    """The rows as an HTML table."""
    if not rows:
        return "<p>The zoo: nothing fits, loosen a filter.</p>"
    texts = [{column: format_cell(row[column], column) for column in columns} for row in rows]
    return tables.html_table(texts, columns, f"The zoo: {len(rows)} networks")


def zoo_table(rows: Sequence[dict]) -> None:
    """Show the rows: with widgets to sort and filter them, as a plain table everywhere else."""
    ordered = filter_rows(rows)
    twin = {"text/html": html_table(ordered), "text/plain": plain_table(ordered)}
    live.show((twin, {}), lambda: browser(rows))


def browser(rows: Sequence[dict]):
    """The live view: an ipywidgets box whose table follows its controls."""
    import ipywidgets

    most = max((row["parameters (M)"] for row in rows), default=1)
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
    view = ipywidgets.HTML(html_table(filter_rows(rows)))

    def refresh(_) -> None:
        settings = {name: control.value for name, control in controls.items()}
        view.value = html_table(filter_rows(rows, **settings))

    for control in controls.values():
        control.observe(refresh, names="value")
    wrapped = ipywidgets.Layout(flex_flow="row wrap")  # a narrow or enlarged page has no room for a row
    return ipywidgets.VBox([ipywidgets.HBox(list(controls.values()), layout=wrapped), view])
