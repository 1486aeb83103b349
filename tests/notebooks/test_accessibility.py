"""Everybody can read the course: alt text, colours, headings, and widgets that the keyboard moves."""

import itertools
import re

import ipywidgets
import nbformat
import pytest
import torch
from accessible import count_figures, figure_faults, text_faults
from courses import ROOT
from widgets.test_photo_viewer import NETWORKS, PHOTO
from plots.test_plots import figures
from tiny import tiny_images

from course_utils.analysis.residual import capture
from course_utils.models.stacks import build_stack
from course_utils.plots.frame import COLOURS
from course_utils.plots.growing import TRAIN, VAL
from course_utils.widgets import photo_viewer, playground, residual_explorer, zoo_browser
from course_utils.widgets.training_panel import TrainingPanel
from course_utils.zoo import entries, rows

TEXTS = sorted((ROOT / "solutions").glob("*.py"))


# Notebooks


@pytest.mark.parametrize("text", TEXTS, ids=lambda p: p.stem)
@pytest.mark.parametrize("edition", ["solutions", "notebooks"])
def test_headings_are_in_order_and_images_have_a_text(edition, text):
    notebook = nbformat.read(ROOT / edition / text.stem / f"{text.stem}.ipynb", as_version=4)
    assert text_faults([c.source for c in notebook.cells if c.cell_type == "markdown"]) == []


@pytest.mark.parametrize(
    "cells, fault",
    [
        (["# a", "### b"], "from level 1 to 3: ### b"),
        (["## a"], "from level 0 to 2: ## a"),
        (["# a", "# b"], "2 headings of level 1"),
        (["# a", "![](b.png)"], "no alt text: ![](b.png)"),
        (["# a", "<img src='b.png'>"], "no alt text: <img src='b.png'>"),
    ],
)
def test_a_fault_of_a_text_is_seen(cells, fault):
    assert fault in text_faults(cells)


@pytest.mark.parametrize(
    "data, faults",
    [
        ({"image/png": "x"}, 1),
        ({"image/png": "x", "text/html": '<img alt="">'}, 1),
        ({"image/png": "x", "text/html": '<img alt="Five lines that rise.">'}, 0),
        ({"text/html": "<table></table>"}, 0),
    ],
)
def test_a_picture_without_a_text_is_seen(data, faults):
    """``test_chapters`` looks for these faults in every chapter that it runs."""
    cell = nbformat.v4.new_code_cell("", outputs=[nbformat.v4.new_output("display_data", data)])
    notebook = nbformat.v4.new_notebook(cells=[cell])
    assert len(figure_faults(notebook)) == faults
    assert count_figures(notebook) == ("image/png" in data)


# Colours

# Machado, Oliveira and Fernandes 2009, table 1, severity 1.0: what linear RGB becomes.
VISION = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
# sRGB to CIE XYZ, scaled by the white point D65 (IEC 61966-2-1).
TO_XYZ = torch.tensor(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
) / torch.tensor([[0.9505], [1.0], [1.089]])


def lab(colour: str, vision: str | None) -> torch.Tensor:
    """CIELAB of ``#rrggbb`` as somebody sees it."""
    rgb = torch.tensor([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    if vision:
        linear = (torch.tensor(VISION[vision]) @ linear).clamp(0, 1)
    xyz = TO_XYZ @ linear
    f = torch.where(xyz > (6 / 29) ** 3, xyz ** (1 / 3), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return torch.stack([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", [None, *VISION])
def test_the_cycle_is_told_apart_by_every_kind_of_colour_vision(vision):
    """A difference of 2.3 in CIELAB is just noticed; these are far above it."""
    seen = [lab(colour, vision) for colour in COLOURS]
    assert min((a - b).norm() for a, b in itertools.combinations(seen, 2)) > 10


def test_red_and_green_would_be_refused():
    pair = "#C04040", "#409040"
    (red, green), (seen, too) = ([lab(colour, vision) for colour in pair] for vision in (None, "deutan"))
    assert (red - green).norm() > 50 and (seen - too).norm() < 10


@pytest.mark.parametrize("file", sorted((ROOT / "course_utils" / "plots").glob("*.py")), ids=lambda p: p.stem)
def test_figures_take_their_colours_from_the_cycle(file):
    text = file.read_text(encoding="utf-8")
    hexes = set(re.findall(r'"#([0-9A-Fa-f]{6})"', text))
    parts = {h: [int(h[i : i + 2], 16) for i in (0, 2, 4)] for h in hexes}
    pale_or_grey = {h for h, rgb in parts.items() if min(rgb) >= 0xC0 or len(set(rgb)) == 1}
    assert hexes - pale_or_grey <= {colour[1:] for colour in COLOURS}
    named = set(re.findall(r'colou?r="([a-z]+)"', text))
    assert named <= {"none", "white", "black"}


@pytest.fixture(scope="module")
def drawn():
    return figures(tiny_images(40))


def test_lines_differ_in_more_than_colour(drawn):
    for name, figure in drawn.items():
        for ax in figure.axes:
            lines = [line for line in ax.lines if not line.get_label().startswith("_")]
            looks = [(line.get_marker(), line.get_linestyle()) for line in lines]
            assert len(set(looks)) == len(looks), name
    assert TRAIN != VAL


# Widgets

NATIVE = (  # controls that browsers give the focus by Tab, and move by keys
    ipywidgets.Button, ipywidgets.Checkbox, ipywidgets.Dropdown, ipywidgets.FileUpload, ipywidgets.FloatSlider,
    ipywidgets.IntSlider, ipywidgets.SelectionSlider, ipywidgets.Text,
)
SILENT = (ipywidgets.Box, ipywidgets.HTML, ipywidgets.IntProgress, ipywidgets.Label)


def residual_view():
    pictures = torch.zeros(2, 3, 16, 16, dtype=torch.uint8)
    return residual_explorer.sliders(capture(build_stack(8), pictures / 255), pictures, data="grey")


VIEWS = {
    "training panel": lambda: TrainingPanel(3).view,
    "playground": lambda: playground.controls(tiny_images(2).images, data="noise"),
    "photo viewer": lambda: photo_viewer.uploader(
        NETWORKS, photo_viewer.answers(NETWORKS, PHOTO, data="x").alt_text
    ),
    "residual explorer": residual_view,
    "zoo table": lambda: zoo_browser.browser([rows.zoo_row(entries.find("LeNet-5"))]),
}


def inside(widget) -> list:
    return [widget, *(w for child in getattr(widget, "children", ()) for w in inside(child))]


@pytest.fixture(scope="module", params=VIEWS)
def widgets(request):
    return inside(VIEWS[request.param]())


def test_every_control_takes_the_keyboard_and_has_a_name(widgets):
    controls = [w for w in widgets if not isinstance(w, SILENT)]
    assert controls
    for control in controls:
        assert isinstance(control, NATIVE) and not control.disabled
        assert control.description.strip()
        assert not getattr(control, "icon", ""), "an icon's glyph becomes part of the name"


def test_no_name_is_cut_off(widgets):
    """A letter is about half an em wide; ``initial`` is as wide as the name."""
    for widget in widgets:
        width = getattr(getattr(widget, "style", None), "description_width", "initial") or "initial"
        if getattr(widget, "description", "") and width != "initial":
            assert width.endswith("em") and len(widget.description) * 0.55 <= float(width[:-2]), (
                widget.description
            )


def test_pictures_in_a_view_have_a_text(widgets):
    for widget in widgets:
        html = widget.value if isinstance(widget, ipywidgets.HTML) else ""
        assert all(re.search(r'alt="[^"]{15,}"', image) for image in re.findall("<img[^>]*>", html))


def test_no_script_of_our_own():
    takes_scripts_away = ROOT / "course_utils" / "grading" / "gradebook" / "offline.py"
    for file in set((ROOT / "course_utils").rglob("*.py")) - {takes_scripts_away}:
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"<script|Javascript\(|anywidget|_esm\b|onclick=", text), file
