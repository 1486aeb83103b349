"""Pages that are made of graded notebooks, in Chromium, with an ear for whatever in them acts."""

from __future__ import annotations

import copy
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab import chromium
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

HERE = "http://course.test"
STATIC = "/formgrader/static/"
RESOURCES = {
    "assignment_id": "a", "notebook_id": "the notebook", "submission_id": "s", "index": 0, "total": 1, "base_url": "",
    "student": "ada", "last_name": None, "first_name": None, "notebook_path": "x.ipynb",
    "nbgrader": {"notebook": "the notebook", "score": 0, "max_score": 1, "late_penalty": 0},
}  # fmt: skip
# In what students fill: no element, attribute or address that can act or ask for anything.
WHAT_ACTS = r"""
() => {
    const found = [];
    const tags = "script iframe frame object embed form button style link meta base svg math video audio source template";
    const areas = ".input_area, .output, .text_cell_render, .jp-InputArea-editor, .jp-OutputArea, .jp-RenderedMarkdown";
    for (const area of document.querySelectorAll(areas)) {
        for (const element of [area, ...area.querySelectorAll("*")]) {
            const name = element.localName;
            if (tags.split(" ").includes(name)) found.push(`<${name}>`);
            for (const {name: key, value} of element.attributes) {
                if (key.startsWith("on") || key === "srcset" || key === "srcdoc" || key === "action") found.push(`${name} ${key}`);
                if (key === "href" && !/^(https?:|mailto:|#)/.test(value)) found.push(`href ${value}`);
                if (key === "src" && !/^data:image\/(png|jpeg);base64,/.test(value)) found.push(`src ${value}`);
                if (key === "style" && /url|expression|import/i.test(value)) found.push(`style ${value}`);
            }
        }
    }
    return found;
}
"""

CLICK = """() => document.querySelectorAll('a[href^="java" i]').forEach((a) => a.click())"""


def formgrade_page(notebook: NotebookNode) -> str:
    """As formgrader shows it."""
    return _page("formgrade", notebook)


def stock_feedback_page(notebook: NotebookNode) -> str:
    """As nbgrader's own feedback shows it, with no points."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.update(score=0, comment="")
    return _page("feedback", notebook)


class Listener:
    """Opens pages and tells what they do that no page of a notebook may do."""

    def __init__(self, page):
        self.page, self.html = page, ""
        self.heard: list[str] = []
        self.known: set[str] = set()  # addresses that nbgrader's own page asks for
        page.route("**/*", self._answer)
        page.on("dialog", self._dialog)

    def learn(self, html: str) -> None:
        """Take what this page asks for as nbgrader's own."""
        self.known |= {line.removeprefix("asks for ") for line in self.hear(html)}

    def hear(self, html: str) -> list[str]:
        """Open a page, click on its links, and tell what was heard."""
        self.html, self.heard = html, []
        self.page.goto(f"{HERE}/page", wait_until="load")
        self.heard += self.page.evaluate(WHAT_ACTS)
        self.page.evaluate(CLICK)
        if self.page.title() not in ("the notebook", "ada"):
            self.heard.append(f"the title is {self.page.title()!r}")
        return self.heard

    def _answer(self, route) -> None:
        address = route.request.url
        if address == f"{HERE}/page":
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
        elif address.startswith(f"{HERE}{STATIC}"):
            path = Path(handlers.static_path, address.removeprefix(f"{HERE}{STATIC}"))
            route.fulfill(
                body=path.read_bytes(), content_type=mimetypes.guess_type(path.name)[0] or "text/plain"
            )
        else:
            if address not in self.known and not address.startswith("data:"):
                self.heard.append(f"asks for {address}")
            route.abort()

    def _dialog(self, dialog) -> None:
        self.heard.append(f"says {dialog.message!r}")
        dialog.dismiss()


@contextmanager
def listening(profile: Path) -> Iterator[Listener]:
    """A browser whose one page a listener has."""
    with chromium(profile) as (page, _):
        yield Listener(page)


def _page(template: str, notebook: NotebookNode) -> str:
    config = Config()
    config.HTMLExporter.template_name = template
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    bootstrap = Path(handlers.static_path, "node_modules", "bootstrap", "dist", "css")
    config.HTMLExporter.extra_template_paths = [str(bootstrap)]
    return HTMLExporter(config=config).from_notebook_node(notebook, resources=dict(RESOURCES))[0]
