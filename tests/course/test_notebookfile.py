"""Notebooks as files from anybody."""

import json

import pytest

from course_utils.course.notebookfile import LARGEST_FILE, NotebookError, read_notebook

CELL = {
    "cell_type": "code",
    "source": ["a = 1\r\n", "b"],
    "metadata": {"nbgrader": {"grade_id": "x"}, "tags": []},
}


def file(*cells: object, **more: object) -> bytes:
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells, **more}).encode()


def test_a_cell_is_its_kind_text_names_and_nothing_else():
    (cell,) = read_notebook(file({**CELL, "outputs": [1], "evil": 1})).cells
    assert cell == {
        "cell_type": "code",
        "source": "a = 1\nb",
        "metadata": {"grade_id": "x", "marked": True},
        "id": "",
        "outputs": [],
        "execution_count": None,
    }


@pytest.mark.parametrize(
    "damage, name, id_",
    [
        ({"metadata": None}, "", ""),
        ({"metadata": {"nbgrader": {"grade_id": ["x"]}}}, "", ""),
        ({"id": "own"}, "x", "own"),
        ({"metadata": {"id": "colab"}}, "", "colab"),
        ({"id": 7, "metadata": {"id": "colab"}}, "", "colab"),
        ({"cell_type": "heading"}, "x", ""),
    ],
)
def test_names_are_text_whatever_stands_there(damage, name, id_):
    (cell,) = read_notebook(file({**CELL, **damage})).cells
    assert (cell.metadata.grade_id, cell.id) == (name, id_)
    assert cell.cell_type == ("raw" if "cell_type" in damage else "code")


@pytest.mark.parametrize(
    "content, what, found",
    [
        (b" \n", "the file is empty", ""),
        (b"%PDF-1.7 \xff", "the file is not text in UTF-8", "a PDF"),
        (b"PK\x03\x04\xff", "the file is not text in UTF-8", "a zip"),
        (b"<!DOCTYPE html>", "the file holds no notebook", "a web page"),
        (b"Dear all", "the file holds no notebook", "something else"),
        (b"[1]", "the file holds no notebook", "other JSON"),
        (b'{"cells": 1}', "the file holds no notebook: it has no list of cells", ""),
        (b'{"cells": [', "the file is cut off: expecting value in line 1", "11 characters"),
        (b'{"cells": [}, 1, 2, 3]', "the file is damaged: expecting value in line 1", "22 characters"),
        (b"[" * 100_000, "the file is damaged: it is nested too deeply", ""),
    ],
)
def test_what_is_no_notebook_is_refused_with_what_it_seems_to_be(content, what, found):
    with pytest.raises(NotebookError) as refusal:
        read_notebook(content)
    assert (refusal.value.what, refusal.value.found) == (what, found)
    assert "send the .ipynb file itself" in refusal.value.do


def test_a_file_of_too_many_bytes_is_not_even_parsed():
    with pytest.raises(NotebookError, match="larger than 32 MB"):
        read_notebook(b" " * (LARGEST_FILE + 1))
