"""Pages that instructors and students open load nothing from another host: rooms have no network."""

from __future__ import annotations

import re

import nbformat
import nbgrader.server_extensions.formgrader.handlers as formgrader
from courses import ROOT
from nbconvert import HTMLExporter

from course_utils.authoring.configuration import load_config

LOADED = re.compile(
    r"""<(?:script|img|iframe|link)\b[^>]*(?:src|href)\s*=\s*["'](?:https?:)?//[^"']+""", re.I
)


def test_formgraders_pages_load_nothing_from_elsewhere():
    config = load_config(ROOT)
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [formgrader.template_path]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("$x^2$")])
    notebook.metadata.nbgrader = {}
    about = {
        "base_url": "",
        "total": 1,
        "index": 0,
        "nbgrader": {},
        "notebook_id": "90",
        "assignment_id": "90",
    }
    page, _ = HTMLExporter(config=config).from_notebook_node(notebook, resources=about)
    assert "x^2" in page
    assert not LOADED.findall(page)
