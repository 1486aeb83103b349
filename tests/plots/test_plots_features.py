"""Figures of what a network knows: they tell where, and name the classes."""

import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from course_utils import plots
from course_utils.errors import DataError


def test_occlusion_tells_the_place_that_costs_most():
    lost = torch.zeros(3, 4)
    lost[1, 2] = 0.25
    photo = torch.randint(256, (3, 60, 80), dtype=torch.uint8)
    figure = plots.occlusion(photo, lost, title="What it needs", data="a photograph", patch=20)
    assert "row 2 of 3, column 3 of 4 costs most: 25 points" in figure.alt_text
    assert figure.axes[-1].get_ylabel() == "probability lost (points)"
    assert "a grey square of 20 pixels over each of 12 places" in figure.get_supxlabel()
    assert [t.get_text() for t in figure.axes[1].get_yticklabels()] == ["1", "2", "3"]


def test_what_no_square_covers_stays_uncovered():
    photo = torch.randint(256, (3, 50, 70), dtype=torch.uint8)
    figure = plots.occlusion(photo, torch.rand(2, 3), title="What it needs", patch=20)
    assert "a grey square of 20 pixels over each of 6 places" in figure.get_supxlabel()
    ax = figure.axes[1]
    assert ax.images[-1].get_extent() == [0, 60, 40, 0]
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 70), (50, 0))
    assert list(ax.get_xticks()) == [10, 30, 50]
    with pytest.raises(DataError, match="do not belong together"):
        plots.occlusion(photo, torch.rand(2, 3), title="What it needs")


def test_embedding_names_the_classes_that_are_there():
    points, labels = torch.randn(20, 2), torch.arange(20) % 2
    figure = plots.embedding(
        points, labels, ["cat", "dog", "ship"], title="Alike", data="pictures", axes="component"
    )
    assert {text.get_text() for text in figure.axes[0].texts} == {"cat", "dog"}
    assert figure.axes[0].get_xlabel() == "first component"


def test_a_name_has_the_colour_of_its_cross():
    points, labels = torch.randn(60, 2, generator=torch.Generator().manual_seed(0)), torch.arange(60) % 6
    names = [f"class {i}" for i in range(6)]
    (ax,) = plots.embedding(points, labels, names, title="Alike", data="pictures", axes="component").axes
    crosses = {tuple(cross.get_offsets()[0]): to_rgb(cross.get_edgecolor()[0]) for cross in ax.collections}
    assert len(crosses) == len(ax.texts) == 6
    for text in ax.texts:
        assert crosses[tuple(text.xy)] == to_rgb(text.get_color())


def test_classes_that_are_shortened_alike_keep_their_places():
    names = ["Black_throated_Blue_Warbler", "Black_throated_Green_Warbler"]
    points, labels = torch.randn(20, 2), torch.arange(20) % 2
    figure = plots.embedding(points, labels, names, title="Alike", data="pictures", axes="component")
    assert len(figure.axes[0].texts) == 2


def test_a_name_leaves_the_markers_free_where_there_is_room():
    ring = torch.linspace(0, 6.28, 60)
    points = torch.cat([torch.stack([ring.cos(), ring.sin()], dim=1) * r for r in (0.02, 0.04, 0.06)])
    points = torch.cat([points, torch.tensor([[-1.0, -1.0], [1.0, 1.0]])])
    labels = torch.zeros(len(points), dtype=torch.int64)
    figure = plots.embedding(points, labels, ["automobile"], title="Alike", data="pictures", axes="component")
    figure.draw_without_rendering()
    (ax,) = figure.axes
    box = Text.get_window_extent(ax.texts[0])  # without its line
    assert not any(box.contains(*pixel) for pixel in ax.transData.transform(points))


def test_ten_classes_look_different_in_colour_or_fill():
    points, labels = torch.randn(40, 2), torch.arange(40) % 10
    names = [f"class {i}" for i in range(10)]
    figure = plots.embedding(points, labels, names, title="Alike", data="pictures", axes="component")
    looks = {(line.get_color(), line.get_markerfacecolor()) for line in figure.axes[0].lines}
    assert len(looks) == 10
