"""Broken submissions to the sample chapter, as code: what editors, mail programs and students do to notebooks.

Each case makes the files of one submission, and says the state and the automatic scores it must end in.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

NAME = "90_sample"
POINTS = {"double-1": 1.0, "double-2": 2.0, "count-1": 1.5, "why": None}
DOUBLE = "def double(x):\n    return x + x"
DOUBLE_AND_SYS = "def double(x):\n    print('doubling', file=sys.stderr)\n    return x + x"
COUNT = "class Counter:\n    total = 0\n\n    def add(self):\n        self.total = self.total + 1"
WHY = "Because an assignment through `self` makes an attribute of the instance."
NO_DOUBLE = {"double-1": 0.0, "double-2": 0.0}
NO_COUNT = {"count-1": 0.0}
TAKES_TIME = 3  # seconds for a cell in the batch of slow submissions


@dataclass(frozen=True)
class Case:
    """One broken submission.

    Attributes:
        write: writes its files into the student's folder, given the right submission to it.
        state: how the state begins.
        scores: automatic scores that are others than the full ones; None: no cell may have any.
        note: what a note, or the reason of the state, must contain.
        student: the name of the folder; by default the case's own.
        outcomes: by cell, of :class:`course_utils.grading.gradebook.results.CellResult`, with ``where``.
        slow: to be run with little time and memory.
    """

    write: Callable[[Path, NotebookNode], None]
    state: str = "graded"
    scores: dict[str, float | None] | None = field(default_factory=dict)
    note: str = ""
    student: str = ""
    outcomes: dict[str, tuple[str, str]] = field(default_factory=dict)
    slow: bool = False


def right(release: NotebookNode) -> NotebookNode:
    """A right submission."""
    notebook = copy.deepcopy(release)
    for id_, source in (("double-answer", DOUBLE), ("count-answer", COUNT), ("why", WHY)):
        cell(notebook, id_).source = source
    return notebook


def cell(notebook: NotebookNode, id_: str) -> NotebookNode:
    return next(c for c in notebook.cells if c.id == id_)


def save(folder: Path, notebook: NotebookNode | dict | str | bytes, name: str = f"{NAME}.ipynb") -> None:
    """Write a notebook, or what should be one, as it is."""
    path = folder / NAME / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(notebook, dict):
        notebook = json.dumps(notebook)
    path.write_bytes(notebook if isinstance(notebook, bytes) else notebook.encode())


def edited(edit: Callable[[NotebookNode], object]) -> Callable[[Path, NotebookNode], None]:
    """A submission that is right but for an edit."""

    def write(folder: Path, notebook: NotebookNode) -> None:
        edit(notebook)
        save(folder, notebook)

    return write


def answering(source: str, id_: str = "double-answer") -> Callable[[Path, NotebookNode], None]:
    """A submission that is right but for one answer."""
    return edited(lambda notebook: cell(notebook, id_).update(source=source))


def text(make: Callable[[str], str | bytes]) -> Callable[[Path, NotebookNode], None]:
    """A right submission whose file was changed as text."""
    return lambda folder, notebook: save(folder, make(json.dumps(notebook)))


def did_not_run(where: str) -> dict[str, tuple[str, str]]:
    return {"double-1": ("did not run", where), "double-2": ("did not run", where)}


def insert(notebook: NotebookNode, before: str, *new: NotebookNode) -> None:
    place = notebook.cells.index(cell(notebook, before))
    notebook.cells[place:place] = new


def remove(notebook: NotebookNode, *ids: str) -> None:
    notebook.cells = [c for c in notebook.cells if c.id not in ids]


def code(source: str, **metadata: object) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, metadata=metadata)


def duplicate(id_: str, **changes: object) -> Callable[[Path, NotebookNode], None]:
    """Copy and paste a cell: the copy stands above, with the same metadata and a new id."""

    def edit(notebook: NotebookNode) -> None:
        twin = copy.deepcopy(cell(notebook, id_))
        twin.id = "pasted"
        twin.update(changes)
        insert(notebook, id_, twin)

    return edited(edit)


def answer_in_the_copy(notebook: NotebookNode) -> None:
    written = cell(notebook, "why")
    twin = copy.deepcopy(written)
    twin.id = "pasted"
    written.source = "Write two sentences.\n\nYOUR ANSWER HERE"
    insert(notebook, "why", twin)


def split_answer(notebook: NotebookNode) -> None:
    """Jupyter's "split cell" gives both halves the metadata."""
    whole = cell(notebook, "count-answer")
    first = copy.deepcopy(whole)
    first.id, first.source = "upper-half", "STEP = 1\nhelper = lambda n: n + STEP"
    whole.source = COUNT.replace("self.total + 1", "helper(self.total)")
    insert(notebook, "count-answer", first)


def merge_answer_and_check(notebook: NotebookNode) -> None:
    answer, check = cell(notebook, "double-answer"), cell(notebook, "double-check")
    answer.source += "\n\n" + check.source
    remove(notebook, "double-check")


def merge_test_and_next_answer(notebook: NotebookNode) -> None:
    """The test's metadata stay; nbgrader would write the test over the student's answer."""
    test, answer = cell(notebook, "double-2"), cell(notebook, "count-answer")
    test.source += "\n\n" + answer.source
    remove(notebook, "count-answer")


def without_setup(notebook: NotebookNode) -> None:
    cell(notebook, "double-answer").source = DOUBLE_AND_SYS
    notebook.cells = [c for c in notebook.cells if "import sys" not in c.source]


def setup_at_the_end(notebook: NotebookNode) -> None:
    cell(notebook, "double-answer").source = DOUBLE_AND_SYS
    notebook.cells.sort(key=lambda c: "import sys" in c.source)


def setup_without_imports(notebook: NotebookNode) -> None:
    cell(notebook, "double-answer").source = DOUBLE_AND_SYS
    setup = next(c for c in notebook.cells if "import sys" in c.source)
    setup.source = setup.source.replace("import sys\n", "")


def strip_metadata(notebook: NotebookNode, ids: bool = False) -> None:
    for position, each in enumerate(notebook.cells):
        each.metadata = {}
        if ids:
            each.id = f"new-{position}"


def as_version_3(folder: Path, notebook: NotebookNode) -> None:
    save(folder, nbformat.writes(nbformat.convert(copy.deepcopy(notebook), 3), version=3))


def answer_in_other_cell(notebook: NotebookNode) -> None:
    remove(notebook, "why")
    insert(notebook, "count-answer", nbformat.v4.new_markdown_cell(WHY))


def answer_below_its_cell(notebook: NotebookNode) -> None:
    cell(notebook, "why").source = "Write two sentences.\n\nYOUR ANSWER HERE"
    place = notebook.cells.index(cell(notebook, "why"))
    notebook.cells.insert(place + 1, nbformat.v4.new_markdown_cell(WHY))


def tests_above_the_answer(notebook: NotebookNode) -> None:
    answer = cell(notebook, "double-answer")
    remove(notebook, "double-answer")
    notebook.cells.insert(notebook.cells.index(cell(notebook, "double-2")) + 1, answer)


def set_nbgrader(**changes: object) -> Callable[[Path, NotebookNode], None]:
    def edit(notebook: NotebookNode) -> None:
        for each in notebook.cells:
            if "nbgrader" in each.metadata:
                each.metadata.nbgrader.update(changes)

    return edited(edit)


def with_a_cell_of_its_own(notebook: NotebookNode) -> None:
    extra = code("2")
    extra.metadata.nbgrader = cell(notebook, "double-1").metadata.nbgrader | {"grade_id": "mine", "points": 5}
    notebook.cells.append(extra)


def with_extra_cells(notebook: NotebookNode) -> None:
    raw, own = nbformat.v4.new_raw_cell("raw"), nbformat.v4.new_markdown_cell("mine")
    insert(notebook, "double-check", code("1/0"), raw, own)


def tagged_to_be_skipped(notebook: NotebookNode) -> None:
    for each in notebook.cells:
        each.metadata.tags = ["skip-execution"]


def tagged_and_blank(notebook: NotebookNode) -> None:
    tagged_to_be_skipped(notebook)
    cell(notebook, "double-answer").source = "pass"


def with_large_outputs(notebook: NotebookNode) -> None:
    output = nbformat.v4.new_output("stream", name="stdout", text="x" * 5_000_000)
    cell(notebook, "double-answer").outputs = [output]


def for_another_kernel(notebook: NotebookNode) -> None:
    notebook.metadata.kernelspec = {"name": "ir", "display_name": "R", "language": "R"}


def with_windows_line_ends(text_of_file: str) -> str:
    indented = json.dumps(json.loads(text_of_file), indent=1)
    return indented.replace("\\n", "\\r\\n").replace("\n", "\r\n")


def without_schema_version(notebook: NotebookNode) -> None:
    for each in notebook.cells:
        each.metadata.get("nbgrader", {}).pop("schema_version", None)


def two_notebooks(folder: Path, notebook: NotebookNode) -> None:
    save(folder, notebook, f"{NAME} (1).ipynb")
    cell(notebook, "double-answer").source = "def double(x):\n    return 0"
    save(folder, notebook, f"{NAME} (2).ipynb")


def the_same_twice(folder: Path, notebook: NotebookNode) -> None:
    save(folder, notebook)
    save(folder, notebook, f"{NAME}-copy.ipynb")


def with_a_scratch_notebook(folder: Path, notebook: NotebookNode) -> None:
    save(folder, notebook)
    save(folder, nbformat.v4.new_notebook(cells=[code("1 + 1")]), "scratch.ipynb")


def in_a_folder_of_other_case(folder: Path, notebook: NotebookNode) -> None:
    save(folder, notebook)
    (folder / NAME).rename(folder / NAME.upper())


def beside_its_folder(folder: Path, notebook: NotebookNode) -> None:
    save(folder, notebook)
    (folder / NAME / f"{NAME}.ipynb").rename(folder / f"{NAME}.ipynb")
    (folder / NAME).rmdir()


def as_a_link(folder: Path, notebook: NotebookNode) -> None:
    save(folder, notebook, "elsewhere")
    (folder / NAME / "elsewhere").rename(folder / "elsewhere")
    (folder / NAME / f"{NAME}.ipynb").symlink_to("../elsewhere")


def with_a_data_file(folder: Path, notebook: NotebookNode) -> None:
    cell(notebook, "double-answer").source = "factor = int(open('factor.txt').read())\n" + DOUBLE.replace(
        "x + x", "x * factor"
    )
    save(folder, notebook)
    save(folder, "2", "factor.txt")


def with_a_bad_timestamp(folder: Path, notebook: NotebookNode) -> None:
    save(folder, notebook)
    save(folder, "yesterday, I think", "timestamp.txt")


def no_notebook(folder: Path, notebook: NotebookNode) -> None:
    save(folder, "I could not do it", "letter.txt")


def ghost_beside(folder: Path, notebook: NotebookNode) -> None:
    save(folder, notebook)
    save(folder, b"\x00\x05\x16\x07", f"._{NAME}.ipynb")


SCRIPT = "<script>alert(1)</script>"
FLOOD = "print('x' * 200_000_000)"
SLEEP = "import time\ntime.sleep(2.5)"
STUB = '''def double(x):
    """Twice ``x``."""
    raise NotImplementedError("replace this line by your answer")'''
NOISY = """import sys, warnings, logging
from tqdm.auto import tqdm

def double(x):
    warnings.warn("careful")
    logging.warning("careful")
    print("careful", file=sys.stderr)
    list(tqdm(range(3)))
    return x + x"""
SCRIPTED = f"""{DOUBLE}
from IPython.display import HTML, Javascript, display
display(HTML('{SCRIPT}'), Javascript('alert(1)'))"""
KILLS_LATER = f"""{DOUBLE}
import os, threading, time
threading.Timer(0.3, os._exit, [1]).start()
time.sleep(1)"""
KILLS_PARENT = f"""{DOUBLE}
import os, signal
os.kill(os.getppid(), signal.SIGKILL)"""
# How a kernel shows numbers is a student's to set, and nbgrader reads a score from what is shown.
FLOAT_AS = (
    "get_ipython().display_formatter.formatters['text/plain'].for_type(float, lambda v, p, c: p.text('{}'))"
)

CASES = {
    # What the code does.
    "syntax-error": Case(
        answering("def double(x) return x"), scores=NO_DOUBLE, outcomes=did_not_run("double-answer")
    ),
    "exception": Case(
        answering("def double(x):\n    raise ValueError(x)"),
        scores=NO_DOUBLE,
        outcomes={"double-1": ("wrong", "")},
    ),
    "blank-answer": Case(
        answering(STUB),
        scores=NO_DOUBLE,
        outcomes={"double-1": ("not answered", "")},
    ),
    "sys-exit": Case(
        answering(f"import sys\nsys.exit(3)\n{DOUBLE}"),
        scores=NO_DOUBLE,
        outcomes=did_not_run("double-answer"),
    ),
    "exit": Case(answering(f"{DOUBLE}\nexit()")),
    "input": Case(answering("def double(x):\n    return x * int(input())"), scores=NO_DOUBLE),
    "os-exit": Case(
        answering("import os\nos._exit(0)"), scores=NO_DOUBLE, outcomes=did_not_run("double-answer")
    ),
    "os-exit-when-called": Case(
        answering("import os\n\ndef double(x):\n    return x + x if x == 2 else os._exit(1)"),
        scores=NO_DOUBLE,
        outcomes={"double-1": ("did not run", "double-1"), "double-2": ("did not run", "double-2")},
    ),
    "kernel-killed": Case(
        answering("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
        scores=NO_DOUBLE,
        outcomes=did_not_run("double-answer"),
    ),
    "parent-killed": Case(answering(KILLS_PARENT), scores=NO_DOUBLE),
    "killed-later": Case(answering(KILLS_LATER), scores=NO_DOUBLE, outcomes=did_not_run("double-answer")),
    "200-mb-line": Case(answering(f"{DOUBLE}\n{FLOOD}")),
    "200-mb-line-in-a-test": Case(
        answering(f"def double(x):\n    if x == -3: {FLOOD}\n    return x + x"),
        state="needs you: double-1: it gave more output",
        scores={"double-1": None},
    ),
    "many-lines": Case(answering(f"{DOUBLE}\nfor i in range(200_000): print('line', i)")),
    "stderr": Case(answering(NOISY)),
    "html": Case(answering(SCRIPTED)),
    "html-in-text": Case(edited(lambda n: cell(n, "why").update(source=f"a {SCRIPT} b"))),
    "credit-above-the-points": Case(
        answering(f"{COUNT}\n{FLOAT_AS.format('7.0')}", "count-answer"),
        state="needs you: count-1: the tests gave 7.0",
        scores={"count-1": None},
    ),
    "credit-of-infinity": Case(
        answering(f"{COUNT}\n{FLOAT_AS.format('inf')}", "count-answer"), "needs you", {"count-1": None}
    ),
    "credit-of-nan": Case(
        answering(f"{COUNT}\n{FLOAT_AS.format('nan')}", "count-answer"), "needs you", {"count-1": None}
    ),
    "negative-credit": Case(
        answering(f"{COUNT}\n{FLOAT_AS.format('-1.0')}", "count-answer"), "needs you", {"count-1": None}
    ),
    "credit-rounded-up": Case(answering(f"{COUNT}\n{FLOAT_AS.format('1.5000000001')}", "count-answer")),
    "part-of-the-points": Case(
        answering("class Counter:\n    total = 0\n    def add(self): self.total = 1", "count-answer"),
        scores={"count-1": 0.5},
        outcomes={"count-1": ("partial", "")},
    ),
    # What editors and students do to cells.
    "test-twice": Case(duplicate("double-2"), note="double-2 was there 2 times"),
    "other-test-twice": Case(duplicate("count-1"), note="count-1 was there 2 times"),
    "answer-twice": Case(
        duplicate("double-answer", source="def double(x):\n    return 7"),
        note="double-answer was there 2 times",
    ),
    "answer-in-the-copy": Case(
        edited(answer_in_the_copy),
        note="why was there 2 times",
    ),
    "no-schema-version": Case(edited(without_schema_version)),
    "schema-version-99": Case(set_nbgrader(schema_version=99)),
    "other-points": Case(set_nbgrader(points=1000)),
    "unknown-name": Case(edited(with_a_cell_of_its_own), note="unknown names are ordinary cells now: mine"),
    "metadata-stripped": Case(edited(strip_metadata), note="found again"),
    "metadata-and-ids-stripped": Case(edited(lambda n: strip_metadata(n, ids=True)), note="found again"),
    "test-deleted": Case(
        edited(lambda n: remove(n, "double-2")), note="double-2 was missing and was put back"
    ),
    "all-tests-deleted": Case(
        edited(lambda n: remove(n, "double-1", "double-2", "count-1")), note="put back"
    ),
    "check-and-test-deleted": Case(edited(lambda n: remove(n, "double-check", "double-1")), note="put back"),
    "written-answer-deleted": Case(
        edited(lambda n: remove(n, "why")),
        scores={"why": 0.0},
        note="why was missing and was put back",
        outcomes={"why": ("not answered", "")},
    ),
    "written-answer-elsewhere": Case(
        edited(answer_in_other_cell),
        "needs you: why: its cell is missing",
        outcomes={"why": ("unclear", "")},
    ),
    "written-answer-below-its-cell": Case(
        edited(answer_below_its_cell),
        "needs you: why: it is as released",
        outcomes={"why": ("unclear", "")},
    ),
    "set-up-deleted": Case(edited(without_setup), note="the set-up cell that defines VERSION"),
    "set-up-without-imports": Case(edited(setup_without_imports), note="was missing and was put back"),
    "set-up-at-the-end": Case(
        edited(setup_at_the_end),
        state="needs you: double-1: the name sys of the set-up was not there",
        scores={"double-1": None, "double-2": None},
    ),
    "answer-deleted": Case(
        edited(lambda n: remove(n, "double-answer")),
        scores=NO_DOUBLE,
        note="the cell double-answer is missing",
    ),
    "test-changed": Case(
        edited(lambda n: cell(n, "double-check").update(source="assert True")),
        note="double-check was changed",
    ),
    "tests-above-the-answer": Case(edited(tests_above_the_answer), note="were moved below it"),
    "answer-and-check-merged": Case(edited(merge_answer_and_check), note="double-check was merged"),
    "test-and-next-answer-merged": Case(edited(merge_test_and_next_answer), note="double-2 was merged"),
    "answer-split": Case(edited(split_answer), note="count-answer was there 2 times"),
    "answer-became-text": Case(edited(lambda n: cell(n, "double-answer").update(cell_type="markdown"))),
    "extra-cells": Case(edited(with_extra_cells)),
    "tagged-to-be-skipped": Case(edited(tagged_to_be_skipped)),
    "tagged-and-blank": Case(edited(tagged_and_blank), scores=NO_DOUBLE),
    "other-kernel": Case(edited(for_another_kernel)),
    "no-metadata": Case(edited(lambda n: n.update(metadata={}))),
    "attachments": Case(
        edited(lambda n: cell(n, "why").update(attachments={"a.png": {"image/png": "A" * 8_000_000}})),
        note="attachments that are too large",
    ),
    "large-outputs": Case(edited(with_large_outputs)),
    # What happens to files.
    "truncated": Case(text(lambda t: t[: len(t) // 2]), "needs you: the file is cut off", None),
    "empty": Case(text(lambda t: ""), "needs you: the file is empty", None),
    "not-json": Case(text(lambda t: "<!doctype html>" + t), "needs you: the file holds no notebook", None),
    "no-cells": Case(text(lambda t: '{"nbformat": 4}'), "needs you: the file holds no notebook", None),
    "deeply-nested": Case(text(lambda t: "[" * 100_000), "needs you: the file is damaged", None),
    "binary": Case(text(lambda t: bytes(range(256))), "needs you: the file is not text", None),
    "other-notebook": Case(
        lambda folder, _: save(folder, nbformat.v4.new_notebook(cells=[code("1 + 1")])),
        "needs you: not this notebook",
        None,
    ),
    "two-notebooks": Case(two_notebooks, "needs you: several notebooks", None),
    "no-notebook": Case(no_notebook, "needs you: no notebook was handed in", None),
    "link": Case(as_a_link, "needs you: no notebook was handed in", None),
    "the-same-twice": Case(the_same_twice, note="left out"),
    "scratch-notebook": Case(with_a_scratch_notebook, note="scratch.ipynb"),
    "ghost": Case(ghost_beside),
    "renamed": Case(lambda folder, n: save(folder, n, f"{NAME} (2).ipynb"), note="was called"),
    "folder-in-capitals": Case(in_a_folder_of_other_case),
    "beside-its-folder": Case(beside_its_folder),
    "old-format": Case(as_version_3),
    "windows-line-ends": Case(text(with_windows_line_ends)),
    "byte-order-mark": Case(text(lambda t: b"\xef\xbb\xbf" + t.encode())),
    "utf-16": Case(text(lambda t: t.encode("utf-16"))),
    "lone-surrogate": Case(edited(lambda n: n.cells.append(nbformat.v4.new_markdown_cell("bad \ud83d end")))),
    "data-file": Case(with_a_data_file),
    "bad-timestamp": Case(with_a_bad_timestamp),
    "glob-in-the-name": Case(lambda folder, n: save(folder, n), student="a[bc]*?"),
    "regex-in-the-name": Case(lambda folder, n: save(folder, n), student="o'Neil (x+y)$"),
    "unicode-name": Case(lambda folder, n: save(folder, n), student="Žofie 李 Ωmega"),
    # What takes time or memory; these run with little of both.
    "endless-loop": Case(
        answering("while True: pass"), scores=NO_DOUBLE, outcomes=did_not_run("double-answer"), slow=True
    ),
    "endless-when-called": Case(
        answering("def double(x):\n    while x != 2: pass\n    return x + x"),
        scores=NO_DOUBLE,
        outcomes={"double-1": ("did not run", "double-1"), "double-2": ("did not run", "double-2")},
        slow=True,
    ),
    "interrupt-ignored": Case(
        answering("while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
        scores=NO_DOUBLE,
        outcomes=did_not_run("double-answer"),
        slow=True,
    ),
    "all-time-used": Case(
        edited(lambda n: insert(n, "count-answer", *[code(SLEEP) for _ in range(8)])),
        "needs you: count-1: the 18 seconds for the whole notebook",
        {"count-1": None},
        slow=True,
    ),
    "memory-hog": Case(
        answering("hog = []\nwhile True: hog.append(bytearray(50_000_000))"),
        scores=NO_DOUBLE,
        outcomes=did_not_run("double-answer"),
        slow=True,
    ),
    "disk-filler": Case(
        answering("with open('full', 'wb') as f:\n    while True: f.write(bytes(10_000_000))"),
        scores=NO_DOUBLE,
        outcomes=did_not_run("double-answer"),
        slow=True,
    ),
}
