"""Rules that let everybody read a notebook, as functions that name what breaks them."""

from __future__ import annotations

import re

import nbformat

HEADING = re.compile(r"(#{1,6}) (.+)")
IMAGE = re.compile(r"<img\b[^>]*>", re.I)
ALT = re.compile(r'\balt="[^"]{15,}"')


def text_faults(cells: list[str]) -> list[str]:
    """What is wrong with markdown cells: not one h1, first; a level skipped; an image without a text."""
    faults, level, titles = [], 0, 0
    for line in "\n".join(cells).splitlines():
        if found := HEADING.fullmatch(line):
            deeper, titles = len(found[1]), titles + (len(found[1]) == 1)
            if deeper > level + 1:
                faults.append(f"from level {level} to {deeper}: {line}")
            level = deeper
        faults += [f"no alt text: {line}" for image in IMAGE.findall(line) if not ALT.search(image)]
        faults += [f"no alt text: {line}" for alt in re.findall(r"!\[([^\]]*)\]", line) if not alt.strip()]
    return faults + ([] if titles == 1 else [f"{titles} headings of level 1"])


def figure_faults(notebook: nbformat.NotebookNode) -> list[str]:
    """Pictures among the outputs of an executed notebook that have no alt text where pages keep it."""
    faults = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            page = "".join(data.get("text/html", ""))
            if any(kind.startswith("image/") for kind in data) and not IMAGE.search(page):
                faults.append(f"{cell.id}: a picture without HTML")
            faults += [f"{cell.id}: no alt text" for image in IMAGE.findall(page) if not ALT.search(image)]
    return faults


def count_figures(notebook: nbformat.NotebookNode) -> int:
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return sum("image/png" in output.get("data", {}) for output in outputs)
