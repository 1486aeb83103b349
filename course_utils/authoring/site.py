"""The course as web pages: chapters, README and documents, with a search; all from local files."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from course_utils.authoring import crosslinks, page
from course_utils.authoring.target import filled
from course_utils.course.names import notebooks_in
from course_utils.errors import BuildError

START = "index.html"
ROOM = 40_000_000  # bytes: the pages of five chapters take 9 million
LEFT_OUT = '<p class="note">Answers are left out of this page; its results were made with ours.</p>\n'
_LINK = re.compile(r'<a href="([^"]+)">(.*?)</a>', re.S)
_SECTION = re.compile(r'(?=<h[1-4] id=")')
_INLINE = re.compile(r"</?(?:a|code|em|span|strong)\b[^>]*>")
_TAG = re.compile(r"<[^>]+>")


def write_site(root: Path, executed: Path, folder: Path, answers: str) -> list[Path]:
    """Write the pages.

    Args:
        root: the course folder.
        executed: holds ``NAME.ipynb`` of each chapter, as `course run` leaves it.
        folder: new or empty.
        answers: ``"folded"``: solutions and hidden tests are there, closed; ``"left-out"``: they are not.

    Returns:
        The files that were made.

    Raises:
        BuildError: if the folder is not empty, or a chapter was not executed.
        EnvironmentProblem: if it cannot be written, or has no room.
    """
    with filled(folder, ROOM):
        _write_pages(root, _start(root) | _chapters(root, executed, answers) | _documents(root), folder)
    return sorted(folder.iterdir())


def _write_pages(root: Path, bodies: Mapping[str, tuple[str, str]], folder: Path) -> None:
    """The pages of these names and bodies, by file, and what they load."""
    names = {file: name for file, (name, _) in bodies.items()}
    pages = [(name, file) for file, name in names.items()]
    linked = {file: _with_links(body, names) for file, (_, body) in bodies.items()}
    known = crosslinks.addresses(linked)
    for file, name in names.items():
        text = page.framed(name, crosslinks.linked(linked[file], file, known), pages, file)
        (folder / file).write_text(text, encoding="utf-8")
    _copy_pictures(root, folder)
    shutil.copy(page.FOLDER / "search.js", folder)
    sections = [s for file, (name, body) in bodies.items() for s in _sections(file, name, body)]
    (folder / "sections.js").write_text(f"const SECTIONS = {json.dumps(sections)};\n", encoding="utf-8")


def _chapters(root: Path, executed: Path, answers: str) -> dict[str, tuple[str, str]]:
    """Name and body of each chapter's page, by file."""
    made = {}
    for built in notebooks_in(root / "notebooks"):
        notebook = executed / built.name
        if not notebook.exists():
            raise BuildError(
                f"{built.stem} was not executed.", expected=str(notebook), found="nothing",
                do="run `course run` for all notebooks, or leave --executed out",
            )  # fmt: skip
        shown = nbformat.read(notebook, as_version=4)
        _refuse_failed(notebook, shown)
        _refuse_outdated(notebook, shown, root / "solutions" / built.stem / built.name)
        released = None if answers == page.FOLDED else nbformat.read(built, as_version=4)
        body = page.notebook_body(shown, released)
        body = body if released is None else LEFT_OUT + body
        made[f"{built.stem}.html"] = _title(nbformat.read(built, as_version=4)), body
    return made


def _refuse_failed(file: Path, notebook: nbformat.NotebookNode) -> None:
    """A chapter that stopped half-way, or in which an answer of ours failed, is no page to publish."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        errors = [o for o in cell.outputs if o.output_type == "error"]
        on_purpose = "raises-exception" in cell.metadata.get("tags", ()) and "nbgrader" not in cell.metadata
        if errors and not on_purpose:
            first_line = errors[0].evalue.partition("\n")[0]
            raise BuildError(
                f"{file.name} has an error, and is not published.",
                found=f"{errors[0].ename} in code cell {number}: {first_line}",
                do="run it again with `course run`, or leave --executed out",
            )


def _refuse_outdated(file: Path, executed: nbformat.NotebookNode, built: Path) -> None:
    """What was executed before the text changed is no page of this course."""
    injected = "injected-parameters"  # the cell that papermill adds
    ran = [cell.source for cell in executed.cells if injected not in cell.metadata.get("tags", ())]
    wanted = [cell.source for cell in nbformat.read(built, as_version=4).cells]
    if ran == wanted:
        return
    cell = next((i for i, pair in enumerate(zip(ran, wanted), start=1) if pair[0] != pair[1]), len(wanted))
    raise BuildError(
        f"{file.name} was executed before its text changed.",
        expected=f"the cells of {built.parent.name}/{built.name} in solutions/",
        found=f"another text from cell {cell} on",
        do="run it again with `course run`, or leave --executed out",
    )


def _title(notebook: nbformat.NotebookNode) -> str:
    """What the first heading of a chapter says before its colon."""
    heading = notebook.cells[0].source.splitlines()[0]
    return heading.removeprefix("# ").partition(":")[0]


def _start(root: Path) -> dict[str, tuple[str, str]]:
    return {START: ("Start", _of_markdown(root / "README.md"))}


def _documents(root: Path) -> dict[str, tuple[str, str]]:
    """A page for each document."""
    texts = sorted((root / "docs").glob("*.md"))
    return {f"{text.stem}.html": (text.stem.capitalize(), _of_markdown(text)) for text in texts}


def _of_markdown(text: Path) -> str:
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True)
    return MarkdownWithMath(renderer=renderer).render(text.read_text(encoding="utf-8"))


def _with_links(body: str, names: Mapping[str, str]) -> str:
    """Links between documents lead to pages; what is in the repository alone is named, not linked."""

    def local(match: re.Match) -> str:
        address, text = match[1], match[2]
        path, hash_, anchor = address.partition("#")
        file = f"{Path(path).stem}.html" if path.endswith(".md") else path
        file = START if Path(path).name == "README.md" and Path(path).parent.name in ("", "..") else file
        if address.startswith(("http://", "https://", "mailto:", "#")):
            return match[0]
        return f'<a href="{file}{hash_}{anchor}">{text}</a>' if file in names else text

    body = _LINK.sub(local, body)
    body = body.replace('src="docs/', 'src="')
    for file, title in names.items():
        if not file[:2].isdigit():
            continue  # no chapter: a document of that name is not what a table's cell means
        stem = file.removesuffix(".html")
        body = body.replace(
            f"<td><code>{stem}</code></td>", f'<td><a href="{file}">{html.escape(title)}</a></td>'
        )
    return body


def _copy_pictures(root: Path, folder: Path) -> None:
    for picture in [*(root / "docs").glob("*.svg"), *(root / "docs").glob("*.png")]:
        shutil.copy(picture, folder)


def _sections(file: str, name: str, body: str) -> list[dict[str, str]]:
    """What the search looks through: the text under each heading."""
    found = []
    for part in _SECTION.split(page.with_anchors(body)[0]):
        heading = re.match(r'<h[1-4] id="([^"]*)">(.*?)</h[1-4]>', part, re.S)
        if not heading:
            continue
        text = html.unescape(_TAG.sub(" ", _INLINE.sub("", part[heading.end() :])))
        title = html.unescape(_TAG.sub("", heading[2]))
        link = f"{file}#{heading[1]}"
        found.append({"page": name, "title": title, "link": link, "text": " ".join(text.split())})
    return found
