"""One HTML page of an executed notebook: contents, solutions and hidden tests folded or left out."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import nbformat
from jinja2 import Template
from nbconvert import HTMLExporter
from nbconvert.preprocessors import CoalesceStreamsPreprocessor
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter

from course_utils.authoring.cells import RECORD
from course_utils.errors import BuildError
from course_utils.storage import write_text

FOLDER = Path(__file__).parent / "site_page"
FOLDED = "folded"  # solutions and hidden tests are in the page, closed
ANSWER, TESTS, WRITTEN = "Answer", "Hidden tests", "A model answer"
DIFFICULTY = " · ●"  # begins what the heading of an exercise says beyond its name
LONG = 30  # characters from which a table's cell is kept wide enough to read
_CELL = re.compile(r"<td([^>]*)>(.*?)</td>", re.S)
_HEADING = re.compile(r'<h([1-4])(?: id="([^"]*)")?>(.*?)</h\1>', re.S)
_MARKER = re.compile(r"^[ \t]*### (?:BEGIN|END) (?:SOLUTION|HIDDEN TESTS)[ \t]*\n?", re.M)
_TAG = re.compile(r"<[^>]+>")


class Heading(NamedTuple):
    """A heading of a page: level 1 to 4, its anchor, its text as HTML without tags."""

    level: int
    anchor: str
    text: str


def notebook_body(executed: NotebookNode, released: NotebookNode | None = None) -> str:
    """The cells of an executed instructor edition as HTML.

    Args:
        released: the student edition: answers are then as students get them, and hidden tests left out.

    Raises:
        BuildError: if the two editions are not of one text.
    """
    stubs = None if released is None else {cell.id: cell.source for cell in released.cells}
    cells = [shown for cell in executed.cells if (shown := _shown(cell, stubs))]
    exporter = HTMLExporter(
        template_name=FOLDER.name,
        extra_template_basedirs=[str(FOLDER.parent)],
        exclude_anchor_links=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        preprocessors=[CoalesceStreamsPreprocessor(enabled=True)],
    )
    body, _ = exporter.from_notebook_node(nbformat.v4.new_notebook(cells=cells))
    return body


def _shown(cell: NotebookNode, stubs: Mapping[str, str] | None) -> NotebookNode | None:
    """A cell as the page has it; None for one that it leaves out."""
    if {"injected-parameters", RECORD} & set(cell.metadata.get("tags", [])):
        return None
    flags = cell.metadata.get("nbgrader", {})
    graded, solution = bool(flags.get("grade")), bool(flags.get("solution"))
    fold = {(False, True): ANSWER, (True, False): TESTS, (True, True): WRITTEN}.get((graded, solution), "")
    source = _MARKER.sub("", cell.source).rstrip()
    if stubs is not None and fold == TESTS:
        return None
    if stubs is not None and fold:
        fold, source = "", _stub(cell, stubs)
    return NotebookNode({**cell, "source": source, "metadata": NotebookNode(page={"fold": fold})})


def _stub(cell: NotebookNode, stubs: Mapping[str, str]) -> str:
    if cell.id in stubs:
        return stubs[cell.id]
    raise BuildError(
        f"the cell {cell.id} was executed, and is not in the students' notebook.",
        do="`course build`, then run the notebooks again",
    )


def with_anchors(body: str) -> tuple[str, list[Heading]]:
    """The body with an anchor of its own for each heading, and the headings."""
    seen: Counter = Counter()
    headings = []

    def anchored(match: re.Match) -> str:
        text = _TAG.sub("", match[3]).strip()
        anchor = re.sub(r"[^\w-]+", "-", html.unescape(match[2] or text)).strip("-").lower()
        seen[anchor] += 1
        anchor += f"-{seen[anchor]}" if seen[anchor] > 1 else ""
        headings.append(Heading(int(match[1]), anchor, text))
        return f'<h{match[1]} id="{anchor}">{match[3]}</h{match[1]}>'

    return _HEADING.sub(anchored, body), headings


def framed(title: str, body: str, pages: Sequence[tuple[str, str]] = (), here: str = "") -> str:
    """A whole page around a body; everything it needs is in it, or beside it where there are other pages.

    Args:
        pages: name and file of each page of a site; none for a page that stands alone.
        here: the file of this one.
    """
    body, headings = with_anchors(_CELL.sub(_wide_if_long, body))
    contents = [h._replace(text=h.text.partition(DIFFICULTY)[0]) for h in headings if h.level in (2, 3)]
    frame = Template((FOLDER / "frame.html").read_text(encoding="utf-8"))
    return frame.render(title=title, body=body, pages=pages, here=here, contents=contents, style=_style())


def _wide_if_long(cell: re.Match) -> str:
    long = len(html.unescape(_TAG.sub("", cell[2]))) > LONG and "class=" not in cell[1]
    return f'<td{cell[1]} class="long">{cell[2]}</td>' if long else cell[0]


def write_page(notebook: Path) -> Path:
    """The page of an executed notebook, beside it; solutions and hidden tests are folded."""
    target = notebook.with_suffix(".html")
    body = notebook_body(nbformat.read(notebook, as_version=4))
    write_text(target, framed(notebook.stem, body))
    return target


def _style() -> str:
    """Our own, and the colours of code by day and by night."""
    day, night = (HtmlFormatter(style=s).get_style_defs(".highlight") for s in ("default", "github-dark"))
    own = (FOLDER / "style.css").read_text(encoding="utf-8")
    return f"{day}\n@media (prefers-color-scheme: dark) {{\n{night}\n}}\n{own}"
