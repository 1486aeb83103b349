"""Seconds of a run by experiment."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.authoring import running
from course_utils.course.budget import TABLE


@pytest.fixture
def executed(tmp_path):
    """Chapter 01 with five cells of 1, 2, 4, 8 and 16 seconds."""
    sources = [
        "import torch",
        "recipe = plan.starts.epochs",
        "plot(arms)",
        "for n in range(plan.starts.train): plan.labels.amounts",
        "plan.starts.seeds, plan.unknown",
    ]
    cells = [new_code_cell(source) for source in sources]
    for i, cell in enumerate(cells):
        cell.metadata["papermill"] = {"duration": 2.0**i}
    path = tmp_path / "01_concepts.ipynb"
    nbformat.write(new_notebook(cells=[new_markdown_cell("plan.distance"), *cells]), path)
    return path


def test_a_cell_counts_for_the_experiment_that_it_reads(executed):
    assert running.by_experiment(executed) == {"set-up": 1, "starts": 2 + 4 + 16, "labels": 8}


def test_the_row_is_that_of_the_table(executed):
    row = running.as_row("01_concepts", running.by_experiment(executed))
    assert row == "01_concepts = { set-up = 1, starts = 22, labels = 8 }"


def test_a_cell_that_never_ran_costs_nothing(executed):
    notebook = nbformat.read(executed, as_version=4)
    notebook.cells[-1].metadata["papermill"]["duration"] = None
    nbformat.write(notebook, executed)
    assert running.by_experiment(executed)["starts"] == 6


def test_seconds_stand_in_their_table_alone():
    comments = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    assert [line for line in comments if re.search(r"\d s\b", line)] == []
