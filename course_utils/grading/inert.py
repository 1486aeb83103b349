"""What a graded notebook may hold: a schema, so that no template can make a page of it that acts.

nbgrader's pages print some of a notebook as it is: the text of answers as Markdown, the width of a picture
without quotes, the number of a cell. What is not listed here is left out, whoever wrote it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from traitlets import Bool

PICTURES = {"image/png": "iVBORw0KGgo", "image/jpeg": "/9j/"}  # how their base64 begins
LARGEST_SIDE, LONGEST_ALT = 10_000, 2000  # pixels, characters
# Beside a plain text or a picture nobody misses them.
USUAL = frozenset("text/html text/markdown text/latex application/vnd.jupyter.widget-view+json".split())
# That may be named to a student; a submission can call its own kinds as it likes.
KINDS = USUAL | {
    "image/svg+xml",
    "image/gif",
    "application/javascript",
    "application/json",
    "application/pdf",
}
OF_CELLS = frozenset("grade grade_id locked schema_version solution task points checksum cell_type".split())

_PLAIN = re.compile(r"[\w .:+-]{0,200}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_CONTROL = re.compile(r"[\x00-\x07\x0b-\x1a\x1c-\x1f\x7f\ud800-\udfff]")  # kept: \b \t \n, \x1b for colours
_ATTACHED = re.compile(r"!\[[^\[\]\n]{0,2000}\]\(attachment:([\w. ()%-]{1,100})\)")
ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"
_TEX = re.compile(r"\\(?=(?:href|url|require|class|cssId|style|data|unicode)(?![A-Za-z]))")
_BEGINS = re.compile(r"<(?=[A-Za-z/!?])|\](?=[(:])")  # a tag (the HTML standard, "tag open state") or a link
_QUOTES = str.maketrans({"<": "‹", ">": "›", '"': "”", "'": "’", "`": "’", "&": "+"})


class Inert(Preprocessor):
    """The last step of autograding, with nbgrader's own program too; see ``nbgrader_config.py``."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Reduce a notebook, in place, to what the schema has."""
        about = {name: _plain_strings(nb.metadata.get(name)) for name in ("kernelspec", "language_info")}
        nb.metadata = NotebookNode({name: plain for name, plain in about.items() if plain.get("name")})
        for position, cell in enumerate(nb.cells):
            nb.cells[position] = _cell(cell, position)
        return nb, resources


def inert_outputs(outputs: Iterable[Mapping]) -> tuple[list[NotebookNode], set[str]]:
    """The outputs of a cell by the schema, and the kinds of data in them that a reader may miss."""
    kept, left_out = [], set()
    for output in outputs:
        clean = _output(output)
        shown = set(clean.get("data", ())) if clean else set()
        kinds = output.get("data")
        missed = set(kinds) - shown if isinstance(kinds, Mapping) else set()
        left_out |= {kind if kind in KINDS else "others" for kind in (missed - USUAL if shown else missed)}
        if clean and (shown or clean.output_type != "display_data"):
            kept.append(clean)
    return kept, left_out


def inert_markdown(text: str, pictures: Iterable[str] = ()) -> str:
    """Markdown without HTML, without links but bare addresses, and without pictures but attached ones.

    Args:
        pictures: names of attachments.
    """
    kept: list[str] = []
    end = 0
    for match in _ATTACHED.finditer(text):
        if match[1] in pictures:
            kept += [_without_links(text[end : match.start()]), html.escape(match[0], quote=False)]
            end = match.end()
    return "".join([*kept, _without_links(text[end:])])


def plain_text(value: object) -> str:
    """A text, or lines of one, as something that can be written and read everywhere."""
    lines = value if isinstance(value, list) else [value]
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", "".join(line for line in lines if isinstance(line, str)))


def whole_number(value: object) -> int | None:
    """A whole number as it is; None in the place of anything else."""
    return value if type(value) is int and abs(value) < 10**9 else None


def _cell(cell: NotebookNode, position: int) -> NotebookNode:
    kind = cell.cell_type if cell.cell_type in ("code", "markdown") else "raw"
    id_ = cell.get("id", "")
    clean = NotebookNode(
        cell_type=kind,
        id=id_ if _ID.fullmatch(id_) else f"cell-{position:03}",
        metadata=_metadata(cell.metadata),
        source=plain_text(cell.source),
    )
    if kind == "code":
        clean.outputs, _ = inert_outputs(cell.outputs)
        clean.execution_count = whole_number(cell.get("execution_count"))
        return clean
    if kind == "markdown" and (pictures := _attachments(cell.get("attachments"))):
        clean.attachments = pictures
    clean.source = inert_markdown(clean.source, clean.get("attachments", ()))
    return clean


def _metadata(given: Mapping) -> NotebookNode:
    """nbgrader's marks, and tags."""
    clean = NotebookNode()
    marks = given.get("nbgrader")
    if isinstance(marks, Mapping):
        plain = {name: marks[name] for name in OF_CELLS & set(marks) if _is_plain(marks[name])}
        clean.nbgrader = NotebookNode(plain)
    tags = [tag for tag in given.get("tags", ()) if isinstance(tag, str) and _ID.fullmatch(tag)]
    if tags:
        clean.tags = tags
    return clean


def _output(output: Mapping) -> NotebookNode | None:
    makers = {"stream": _stream, "error": _error, "execute_result": _result, "display_data": _display}
    make = makers.get(str(output.get("output_type")))
    return make(output) if make else None


def _stream(output: Mapping) -> NotebookNode:
    name = "stderr" if output.get("name") == "stderr" else "stdout"
    return NotebookNode(output_type="stream", name=name, text=plain_text(output.get("text")))


def _error(output: Mapping) -> NotebookNode:
    lines = output.get("traceback")
    return NotebookNode(
        output_type="error",
        ename=plain_text(output.get("ename")),
        evalue=plain_text(output.get("evalue")),
        traceback=[plain_text(line) for line in lines] if isinstance(lines, list) else [],
    )


def _result(output: Mapping) -> NotebookNode:
    return NotebookNode(_display(output), execution_count=whole_number(output.get("execution_count")))


def _display(output: Mapping) -> NotebookNode:
    """Plain text and pictures; Markdown that has neither beside it becomes plain text."""
    given, about = output.get("data"), output.get("metadata")
    given = given if isinstance(given, Mapping) else {}
    data, metadata = NotebookNode(), NotebookNode()
    if "text/plain" in given:
        data["text/plain"] = plain_text(given["text/plain"])
    for kind, beginning in PICTURES.items():
        picture = re.sub(r"\s", "", plain_text(given.get(kind)))
        if picture.startswith(beginning) and _BASE64.fullmatch(picture):
            data[kind] = picture
            metadata[kind] = _about_picture(about.get(kind) if isinstance(about, Mapping) else None)
    if not data and isinstance(given.get("text/markdown"), str | list):
        data["text/plain"] = plain_text(given["text/markdown"])
    return NotebookNode(output_type=output["output_type"], data=data, metadata=metadata)


def _about_picture(given: object) -> NotebookNode:
    clean = NotebookNode()
    if not isinstance(given, Mapping):
        return clean
    for side in ("width", "height"):
        number = whole_number(given.get(side))
        if number is not None and 0 < number <= LARGEST_SIDE:
            clean[side] = number
    if isinstance(given.get("alt"), str):
        clean.alt = plain_text(given["alt"]).translate(_QUOTES)[:LONGEST_ALT]
    return clean


def _attachments(given: object) -> NotebookNode:
    """Pictures by their names, each in one form."""
    clean = NotebookNode()
    for name, kinds in given.items() if isinstance(given, Mapping) else ():
        for kind, beginning in PICTURES.items():
            data = kinds.get(kind) if isinstance(kinds, Mapping) else None
            if isinstance(data, str) and data.startswith(beginning) and _BASE64.fullmatch(data):
                clean[str(name)] = NotebookNode({kind: data})
    return clean


def _without_links(text: str) -> str:
    """What begins a tag or a link, parted by a space of no width: code would show an entity as it is."""
    return _TEX.sub("&#92;", _BEGINS.sub(rf"\g<0>{ZERO_WIDTH_SPACE}", text))


def _plain_strings(given: object) -> NotebookNode:
    pairs = given.items() if isinstance(given, Mapping) else ()
    return NotebookNode({name: value for name, value in pairs if isinstance(value, str) and _is_plain(value)})


def _is_plain(value: object) -> bool:
    return isinstance(value, bool | int | float) or isinstance(value, str) and bool(_PLAIN.fullmatch(value))
