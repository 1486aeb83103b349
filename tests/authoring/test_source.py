"""Text to instructor notebook: what is made, and everything that is refused."""

from __future__ import annotations

import re

import jupytext
import nbformat
import pytest
from courses import SAMPLE

from course_utils.authoring.source import instructor_notebook, read_source
from course_utils.errors import BuildError

TEXT = SAMPLE.read_text(encoding="utf-8")
LINES = TEXT.split("\n")
MARKERS = [i for i, line in enumerate(LINES) if re.search(r"### (BEGIN|END) (SOLUTION|HIDDEN TESTS)$", line)]
ROLES = [i for i, line in enumerate(LINES) if re.match(r"# %%.*(answer|graded|written)=", line)]


def build(tmp_path, text: str) -> str:
    path = tmp_path / "90_sample.py"
    path.write_text(text, encoding="utf-8")
    return instructor_notebook(read_source(path, "1.2.3"))


def refused(tmp_path, text: str) -> str:
    """The complaint about a text; it must name the file and a line."""
    with pytest.raises(BuildError) as problem:
        build(tmp_path, text)
    assert re.match(r"90_sample\.py:\d+: ", str(problem.value)), problem.value
    return str(problem.value)


def changed(position: int, line: str | None) -> str:
    new = LINES[:position] + ([] if line is None else [line]) + LINES[position + 1 :]
    return "\n".join(new)


def test_the_same_bytes_each_time_without_outputs_or_times(tmp_path):
    text = build(tmp_path, TEXT)
    assert text == build(tmp_path, TEXT)
    assert text.endswith("}\n") and not text.endswith("\n\n")
    notebook = nbformat.reads(text, as_version=4)
    assert all(not c.outputs and c.execution_count is None for c in notebook.cells if c.cell_type == "code")
    assert notebook.metadata.course_version == "1.2.3"
    assert 'VERSION = "1.2.3"' in notebook.cells[2].source
    assert notebook.metadata.kernelspec.name == "python3"


def test_cells_have_the_text_that_jupytext_reads(tmp_path):
    notebook = nbformat.reads(build(tmp_path, TEXT), as_version=4)
    read = jupytext.reads(TEXT.replace("{{course_version}}", "1.2.3"), fmt="py:percent")
    assert [(c.cell_type, c.source) for c in notebook.cells] == [(c.cell_type, c.source) for c in read.cells]


def test_ids_come_from_the_grade_id_or_the_position(tmp_path):
    notebook = nbformat.reads(build(tmp_path, TEXT), as_version=4)
    ids = [c.id for c in notebook.cells]
    assert ids[:7] == [
        "cell-000",
        "cell-001",
        "cell-002",
        "cell-003",
        "double-answer",
        "double-check",
        "double-1",
    ]
    assert len(set(ids)) == len(ids)


def test_roles_become_nbgrader_metadata(tmp_path):
    cells = {c.id: c for c in nbformat.reads(build(tmp_path, TEXT), as_version=4).cells}
    flags = {
        id_: tuple(cells[id_].metadata.nbgrader[flag] for flag in ("grade", "solution", "locked"))
        for id_ in ("double-answer", "double-check", "double-1", "why")
    }
    assert flags == {
        "double-answer": (False, True, False),
        "double-check": (False, False, True),
        "double-1": (True, False, True),
        "why": (True, True, False),
    }
    assert cells["count-1"].metadata.nbgrader.points == 1.5
    assert cells["why"].metadata.nbgrader.points == 2
    for id_ in ("double-answer", "double-check", "double-1"):
        assert "raises-exception" in cells[id_].metadata.tags
    assert "nbgrader" not in cells["cell-002"].metadata
    assert cells["cell-001"].metadata.tags == ["parameters"]


@pytest.mark.parametrize("position", MARKERS)
def test_every_marker_that_is_damaged_is_refused(tmp_path, position):
    line = LINES[position]
    at = line.index("###")
    damaged = {
        None,  # deleted
        "    " + line if not line.startswith("# ") else "#     " + line[2:],  # indented
        line.lower(),
        line + "S",
        line + " ",
        line + " here",
        line.replace("### ", "##  "),
        line.replace("### ", "###"),
        line.replace("BEGIN", "END") if "BEGIN" in line else line.replace("END", "BEGIN"),
        line.replace("BEGIN", "BEGINN").replace("END", "ENDE"),
        line.replace("SOLUTION", "SOLTUION").replace("HIDDEN", "HIDEN"),
        *(line[:i] + line[i + 1 :] for i in range(len(line))),  # any character lost
        line[:at] + "x = 1  " + line[at:],  # behind code
    }
    for wrong in damaged:
        refused(tmp_path, changed(position, wrong))


@pytest.mark.parametrize("position", MARKERS)
def test_a_marker_twice_is_refused(tmp_path, position):
    refused(tmp_path, changed(position, LINES[position] + "\n" + LINES[position]))


@pytest.mark.parametrize("position", ROLES)
def test_a_role_that_is_lost_or_misspelt_is_refused(tmp_path, position):
    line = LINES[position]
    refused(tmp_path, changed(position, re.sub(r'\w+="[\w-]+"( points=[\d.]+)?', "", line).rstrip()))
    refused(tmp_path, changed(position, re.sub(r"(answer|graded|written)=", r"\1s=", line)))
    refused(tmp_path, changed(position, line.replace('="', '=Ä"')))
    refused(tmp_path, changed(position, line.replace("# %%", "#%%")))


@pytest.mark.parametrize(
    "old, new, complaint",
    [
        ("# %% answer", '# %% tags="a" answer', "tags are a list"),
        ('graded="double-1" points=1', 'graded="double-1"', "has no points"),
        ('graded="double-1" points=1', 'graded="double-1" points=0', "over 0"),
        ('graded="double-1" points=1', 'graded="double-1" points="1"', "over 0"),
        ('graded="double-2"', 'graded="double-1"', "already the id"),
        ('graded="double-2"', 'graded="double-answer"', "already the id"),
        ('graded="double-2"', 'graded="Double 2"', "not a name"),
        ('check="double"', 'check="double" points=1', "has points"),
        ('answer="double"', 'answer="double" check="double"', "unknown on a cell's first line"),
        ('answer="double"', 'answer="double" collapsed=true', "unknown on a cell's first line"),
        ('# %% [markdown] written="why"', '# %% written="why"', "belongs on a markdown cell"),
        ('# %% answer="count"', '# %% [markdown] answer="count"', "belongs on a code cell"),
        ('# %% tags=["parameters"]', "# %%", "0 cells have the tag parameters"),
        (
            '# %%\nprint("the end")',
            '# %% tags=["parameters"]\nprint("the end")',
            "2 cells have the tag parameters",
        ),
        ("· 3 points ·", "· 4 points ·", "says 4 points, its cells have 3"),
        ("· 1.5 points ·", "· 15 min ·", "not an exercise header"),
        ("### Exercise 2 · Count", "### Exercise two · Count", "not an exercise header"),
        (
            "### Exercise 1 · Double · ●○○ · 3 points · 5 min",
            "### Doubles",
            "before the first exercise",
        ),
        ("# Graded, 1 point: numbers.", "limit = 3", "outside of the hidden tests"),
        ("# Why: squaring is right for 0 and 2 alone.\n", "", "without its reason"),
        ("# Why: squaring is right for 0 and 2 alone.", "# Why: because.", "without its reason"),
        ("# It needs", "It needs", "does not begin with"),
        ("import sys", "import sys as", "is not Python"),
        ("{{course_version}}", "{{answer:double}}", "stands for nothing"),
        (
            'print("the end")',
            'print("""\n### BEGIN SOLUTION\nx\n### END SOLUTION\n""")',
            "SOLUTION is marked in",
        ),
        ('print("the end")', "### BEGIN MARK SCHEME\n### END MARK SCHEME", "looks like a marker"),
        ('print("the end")', "### AUTOTEST x", "looks like a marker"),
        ('print("the end")', 's = "### BEGIN SOLUTION in a string"', "looks like a marker"),
        ('print("the end")', 's = """\n# %%\n"""', "inside a string"),
        ("# %% [markdown]\n# # A", "x = 1\n# %% [markdown]\n# # A", "begin the text with"),
        ('print("the end")', "    # %%\n1", "nearly the start of a cell"),
        ("# %%\nprint", "# %% [raw]\nprint", "a raw cell"),
        ("    if not x:\n", "    ### BEGIN SOLUTION\n", "inside the region opened at"),
    ],
)
def test_refused_with_the_reason(tmp_path, old, new, complaint):
    assert old in TEXT
    assert complaint in refused(tmp_path, TEXT.replace(old, new, 1))


def test_the_complaint_names_the_line(tmp_path):
    position = LINES.index("    ### END SOLUTION")
    message = refused(tmp_path, changed(position, "    ### END SOLUTIONS"))
    assert message.startswith(f"90_sample.py:{position + 1}: ")


def test_a_marker_inside_a_string_of_an_answer_is_refused(tmp_path):
    inside = '    s = """\n    ### BEGIN SOLUTION\n    a\n    ### END SOLUTION\n    """\n    return s'
    body = TEXT[TEXT.index("    ### BEGIN SOLUTION") : TEXT.index("\n\n\n# %% check")]
    assert "inside a string" in refused(tmp_path, TEXT.replace(body, inside))


def test_ordinary_words_are_no_markers(tmp_path):
    harmless = "# the solution begins with a guess\n# End of the epoch.\n# ## A hidden layer\n1"
    build(tmp_path, TEXT.replace('print("the end")', harmless))


def test_what_stands_around_the_markers_is_kept(tmp_path):
    source = read_source(SAMPLE, "1")
    cell = next(c for c in source.cells if c.grade_id == "count-answer")
    assert cell.student_source("raise X", "text").split("\n") == [
        "class Counter:",
        '    """Counts calls."""',
        "",
        "    total = 0",
        "",
        "    def add(self):",
        '        """One more."""',
        "        raise X",
    ]
    assert cell.secrets() == ["        self.total = self.total + 1  # one more than before"]
