"""Figures: caption and alt text, nothing cut off or overlapping, fonts, what each one says."""

import base64
import io
import math
from itertools import combinations
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib import font_manager
from matplotlib.text import Annotation, Text
from PIL import Image
from tiny import tiny_images

from course_utils import plots
from course_utils.analysis.arms import Arm
from course_utils.errors import DataError
from course_utils.plots import frame, labels
from course_utils.plots.frame import arm_styles
from course_utils.plots.training import running_mean
from course_utils.training.history import EpochRecord, History

pytestmark = pytest.mark.filterwarnings("error")  # a missing glyph is a warning

DATA = "noise with a tint"
CHINESE = ("飞机", "汽车", "鸟")


def a_history(epochs: int = 6, data: str = DATA, losses: list[float] | None = None) -> History:
    records = [
        EpochRecord(e, int(e > 2), 0.01, 2 / e, 1 - 0.9 / e, 2.1 / e, 0.9 - 0.8 / e, 1.0)
        for e in range(1, epochs + 1)
    ]
    losses = [2 / (1 + i / 10) for i in range(10 * epochs)] if losses is None else losses
    return History(data, 100, 50, 0, records, losses)


def some_arms() -> list[Arm]:
    return [Arm("fine-tuned", (0.81, 0.84, 0.83), 500), Arm("from scratch", (0.5, 0.55), 500)]


def figures(image_set) -> dict:
    """Every figure of the package, drawn from small data."""
    x, y, names, data = image_set.images, image_set.labels, image_set.classes, image_set.name
    logits = torch.eye(3)[(y + (torch.arange(len(y)) % 4 == 0)) % 3] * 2.0
    curves = {"fine-tuned": [[0.6, 0.8], [0.65, 0.82]], "from scratch": [[0.3, 0.5]]}
    stems = {"stock": {"input": 32, "conv1": 16, "layer4": 1}, "nopool": {"input": 32, "layer4": 2}}
    taps = {"layer4": torch.tensor([[0, 0, 0], [0, 0.7, 0], [0, 0, 0]])}
    history, guesses = a_history(data=data), [("cat", 0.9), ("dog", 0.1)]
    matrix, weight = torch.tensor([[9, 1, 0], [4, 6, 0], [0, 0, 0]]), torch.randn(20, 3, 7, 7)
    return {
        "image_grid": plots.image_grid(x[:5], ["a", "b", "c", "d", "e"], title="Five", data=data),
        "class_samples": plots.class_samples(image_set, 4),
        "augmentation_grid": plots.augmentation_grid(x[0], x[1:5].float() + 0.4, data=data),
        "augmentation_rows": plots.augmentation_rows(
            x[0], {"mirror": x[1:4], "shift": x[1:5]}, data=data, title="Two kinds"
        ),
        "photos_and_guesses": plots.photos_and_guesses(
            {"a cat": (x[0], guesses), "a dog": (x[1], guesses)}, title="Cats?", data=data
        ),
        "photo_and_guesses": plots.photo_and_guesses(x[0], guesses, title="A cat?", data=data),
        "photo_by_networks": plots.photo_by_networks(
            x[0], {"before": guesses, "after": guesses[::-1]}, title="A cat?", data=data
        ),
        "predictions": plots.predictions(x[:4], y[:4], y[1:5], names, torch.rand(4), data=data),
        "worst_mistakes": plots.worst_mistakes(image_set, logits, 5),
        "iteration_loss": plots.iteration_loss(history),
        "epoch_metrics": plots.epoch_metrics(history),
        "unfreezing_jump": plots.unfreezing_jump(history, [0.5, 0.6], 1, title="It jumps", data=data),
        "learning_curves": plots.learning_curves(curves, title="Ahead", data=data, n_images=50),
        "arms": plots.arms(some_arms(), title="Ahead", data=data),
        "confusion_matrix": plots.confusion_matrix(matrix, names, data=data),
        "first_layer_kernels": plots.first_layer_kernels(weight, title="Edges", source=data),
        "map_sizes": plots.map_sizes(stems, title="One pixel is left"),
        "gradient_taps": plots.gradient_taps(taps, data=data),
    }


@pytest.fixture(scope="module")
def drawn():
    return figures(tiny_images(30, name=DATA))


def texts(fig) -> list[Text]:
    fig.draw_without_rendering()
    return [t for t in fig.findobj(Text) if t.get_visible() and t.get_text().strip()]


def printed_on(fig) -> str:
    return "\n".join(t.get_text() for t in texts(fig))


def test_every_public_figure_is_tried(drawn):
    """Here, or in the module's own test file, test_plots_<module>.py."""
    modules = {name: getattr(plots, name).__module__.rpartition(".")[2] for name in plots.__all__}
    tests = Path(__file__).parent
    own = {n for n, module in modules.items() if (tests / f"test_plots_{module}.py").exists()}
    assert set(drawn) | {"describe", "show"} == set(plots.__all__) - own


def test_title_caption_and_alt_text(drawn):
    for name, fig in drawn.items():
        title = " ".join(fig.get_suptitle().split())
        assert title and title in fig.alt_text, name
        assert len(fig.alt_text) > len(title) + 20, name
        if name != "map_sizes":  # arithmetic, no data
            assert DATA in fig.get_supxlabel() and DATA in fig.alt_text, name


def test_axes_with_numbers_are_labelled(drawn):
    for name in ("iteration_loss", "epoch_metrics", "learning_curves"):
        for ax in drawn[name].axes:
            assert ax.get_xlabel() and "(" in ax.get_ylabel(), name


def test_nothing_is_cut_off(drawn):
    for name, fig in drawn.items():
        fig.draw_without_rendering()
        box, (width, height) = fig.get_tightbbox(), fig.get_size_inches()
        assert min(box.x0, box.y0, width - box.x1, height - box.y1) > -0.01, name


def test_pyplot_holds_no_figure_that_a_notebook_would_show_again(drawn):
    from matplotlib import pyplot

    assert drawn and pyplot.get_fignums() == []


def test_the_users_settings_are_neither_used_nor_changed():
    plain = plots.arms(some_arms(), title="Ahead", data=DATA)
    with matplotlib.rc_context({"axes.facecolor": "red", "font.family": "No Such Font"}):
        before = dict(matplotlib.rcParams)
        fig = plots.arms(some_arms(), title="Ahead", data=DATA)
        assert png(fig) == png(plain)
        assert dict(matplotlib.rcParams) == before


def png(fig) -> bytes:
    return base64.b64decode(frame.mimebundle(fig)[0]["image/png"])


# Display


def test_mimebundle_holds_the_image_and_its_escaped_alt_text():
    fig = plots.describe(frame.new_figure("t", ("d",), height=1), 'a "quoted"\n   <b> text')
    data, metadata = fig._repr_mimebundle_()
    assert 'alt="a &quot;quoted&quot; &lt;b&gt; text"' in data["text/html"]
    assert data["image/png"] in data["text/html"]
    assert data["text/plain"] == metadata["image/png"]["alt"] == 'a "quoted" <b> text'
    assert Image.open(io.BytesIO(png(fig))).width == 880


@pytest.mark.filterwarnings("default")
def test_alt_text_survives_in_the_html_page(drawn):
    nbformat, nbconvert = pytest.importorskip("nbformat"), pytest.importorskip("nbconvert")
    data, metadata = frame.mimebundle(drawn["arms"], dpi=30)
    output = {"output_type": "display_data", "data": data, "metadata": metadata}
    cell = {"cell_type": "code", "id": "a", "source": "", "execution_count": 1}
    cell |= {"metadata": {}, "outputs": [output]}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    page, _ = nbconvert.HTMLExporter().from_notebook_node(nbformat.from_dict(notebook))
    assert f'alt="{drawn["arms"].alt_text}"' in page


def test_show_publishes_once_in_ipython_and_is_silent_elsewhere(drawn, monkeypatch, capsys):
    plots.show(drawn["arms"])
    assert capsys.readouterr() == ("", "")
    IPython = pytest.importorskip("IPython")
    published = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    publish = "IPython.display.publish_display_data"
    monkeypatch.setattr(publish, lambda *bundle: published.append(bundle))
    plots.show(drawn["arms"])
    assert [sorted(data) for data, _ in published] == [["image/png", "text/html", "text/plain"]]


# Fonts


@pytest.fixture
def cjk_font(tmp_path):
    """Install a font that has the letters of CHINESE and no others, under a well-known name."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    for x, y, move in ((0, 0, pen.moveTo), (0, 800, pen.lineTo), (800, 800, pen.lineTo)):
        move((x, y))
    pen.closePath()
    characters = {ord(c): f"g{i}" for i, c in enumerate("".join(CHINESE))}
    glyphs = [".notdef", *characters.values()]
    font = FontBuilder(1000)
    font.setupGlyphOrder(glyphs)
    font.setupCharacterMap(characters)
    font.setupGlyf(dict.fromkeys(glyphs, pen.glyph()))
    font.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "SimHei", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(tmp_path / "simhei.ttf")
    installed = list(font_manager.fontManager.ttflist)
    font_manager.fontManager.addfont(tmp_path / "simhei.ttf")
    _forget_fonts()
    yield
    font_manager.fontManager.ttflist[:] = installed
    _forget_fonts()


@pytest.fixture
def no_cjk_font(monkeypatch):
    monkeypatch.setattr(frame, "CJK_FONTS", ())
    _forget_fonts()
    yield
    _forget_fonts()


def _forget_fonts():
    frame.font_families.cache_clear()
    frame.has_glyph.cache_clear()


def chinese_confusion():
    matrix = torch.tensor([[9, 1, 0], [3, 7, 0], [0, 0, 9]])
    return plots.confusion_matrix(matrix, CHINESE, data="照片")


def test_a_font_with_the_glyphs_is_taken(cjk_font, caplog):
    fig = chinese_confusion()
    assert png(fig)
    assert "汽车" in printed_on(fig) and "汽车 for 飞机" in fig.get_suptitle()
    assert not caplog.records


@pytest.mark.slow
def test_english_without_such_a_font_and_no_warning(no_cjk_font, caplog):
    for name, fig in figures(tiny_images(30, name="照片")).items():
        assert png(fig), name
        assert fig.get_supxlabel().startswith("data set") or name == "map_sizes"
    fig = chinese_confusion()
    assert png(fig)
    assert "class 1 for class 0" in fig.get_suptitle()
    assert not caplog.records
    assert printed_on(fig).isascii() or set(printed_on(fig)) - set(map(chr, range(128))) == {"·"}


def test_names_are_no_formulas():
    fig = plots.arms([Arm(r"costs $5 or $\frac", (0.5,), 9)], title="100 $ or $^", data=DATA)
    assert png(fig) and "100 $ or $^" in printed_on(fig)


def test_shorten_counts_chinese_characters_twice():
    assert frame.shorten("automobile", 10) == "automobile"
    assert frame.shorten("automobiles", 10) == "automobil…"
    assert frame.shorten("汽车汽车", 6) == "汽车…"


def test_names_that_would_be_shortened_alike_keep_their_ends_or_get_their_numbers():
    names = [f"golden_retriever_puppy_{letter}" for letter in "ab"]
    told_apart = ["golden_r…puppy_a", "golden_r…puppy_b"]
    assert frame.display_names([*names, "a_long_haired_dachshund"]) == [*told_apart, "a_long_haired_d…"]
    alike = [f"Black_throated_{colour}_Warbler" for colour in ("Blue", "Green")]
    assert frame.display_names(["cat", *alike]) == ["cat", "Black_throate… 1", "Black_throate… 2"]
    chinese = frame.display_names(["汽车" * 5 + "甲", "汽车" * 5 + "乙"], length=8)
    assert len(set(chinese)) == 2 and all(frame.text_width(name) <= 8 for name in chinese)
    assert frame.display_names([names[0]] * 2) == ["golden_retrieve…"] * 2, "one and the same name"


# Labels


@pytest.mark.parametrize("positions", [[0.5, 0.5, 0.5], [0.0, 0.01, 0.9], [1.0, 1.0], [0.3], []])
def test_spread_keeps_order_and_gap_within_the_axes(positions):
    moved = labels.spread(positions, 0.1)
    assert all(b - a >= 0.1 - 1e-9 for a, b in zip(moved, moved[1:]))
    assert all(-1e-9 <= y <= 1 + 1e-9 for y in moved)


def test_spread_moves_no_more_than_needed():
    assert labels.spread([0.9, 0.2, 0.5], 0.1) == pytest.approx([0.9, 0.2, 0.5])
    assert labels.spread([0.5, 0.5], 0.1) == pytest.approx([0.45, 0.55])


def overlapping(fig) -> list[tuple[str, str]]:
    names = [t for t in texts(fig) if isinstance(t, Annotation)]
    boxes = {t.get_text(): Text.get_window_extent(t) for t in names}
    return [(a, b) for a, b in combinations(boxes, 2) if boxes[a].overlaps(boxes[b])]


def test_direct_labels_of_equal_curves_do_not_overlap():
    curves = {f"arm {i}": [[0.5, 0.6 + 0.0001 * i]] for i in range(7)}
    fig = plots.learning_curves(curves, title="All the same", data=DATA)
    assert {t.get_text() for t in texts(fig) if isinstance(t, Annotation)} == set(curves)
    assert overlapping(fig) == []


def test_direct_labels_of_a_single_epoch_do_not_overlap():
    curves = {f"arm {value}": [[value]] for value in (0.6, 0.6001, 0.6002, 0.9)}
    assert overlapping(plots.learning_curves(curves, title="One epoch", data=DATA)) == []


@pytest.mark.parametrize("step", [0.05, 0.6])
def test_labels_of_crowded_points_do_not_overlap(step):
    facts = {"family": "CNN", "top-1": 0.8, "parameters (M)": 10.0}
    rows = [{"model": f"network number {i}", "GMAC": 10 + step * i, **facts} for i in range(7)]
    assert overlapping(plots.zoo_accuracy(rows, "GMAC", title="Crowded")) == []


def test_each_line_has_a_look_of_its_own():
    assert len({frame.series_style(i) for i in range(49)}) == 49
    assert all(
        a != b for a, b in zip(*(map(frame.series_style, range(7)), map(frame.series_style, range(7, 14))))
    )


# What the figures say


def test_class_samples_shows_the_asked_number_of_each_class():
    fig = plots.class_samples(tiny_images(30), 4)
    assert len(fig.axes[0].images) == 12
    assert fig.get_suptitle().endswith(": 4 images of each class")
    lonely = tiny_images(30).subset([0, 3, 6, 1])  # three of class 0, one of class 1, none of 2
    fig = plots.class_samples(lonely, 4)
    assert len(fig.axes[0].images) == 4
    assert fig.get_suptitle().endswith(": up to 3 images of each class")


def test_images_are_shown_as_they_are():
    image = tiny_images(1).images
    fig = plots.image_grid(image, title="One", data=DATA)
    assert np.array_equal(fig.axes[0].images[0].get_array(), image[0].permute(1, 2, 0))


def test_predictions_tell_right_from_wrong_without_colour():
    true, predicted = torch.tensor([0, 1, 2]), torch.tensor([0, 2, 2])
    names = ("cat", "dog", "ship")
    fig = plots.predictions(tiny_images(3).images, true, predicted, names, data=DATA)
    assert fig.get_suptitle() == "2 of 3 images recognised"
    words = printed_on(fig)
    assert "✓ cat" in words and "✗ ship" in words and "true: dog" in words
    assert "dog taken for ship" in fig.alt_text


def test_worst_mistakes_are_the_surest_first():
    image_set = tiny_images(4)  # labels 0 1 2 0
    logits = torch.tensor([[0.0, 2, 0], [0, 5, 0], [4, 0, 0], [0, 0, 3]])
    fig = plots.worst_mistakes(image_set, logits, n=2)
    assert fig.get_suptitle() == "The 2 surest of 3 mistakes"
    assert "class 2 taken for class 0 96 %; class 0 taken for class 2 91 %." in fig.alt_text


def test_no_mistakes_is_said():
    image_set = tiny_images(4)
    fig = plots.worst_mistakes(image_set, torch.eye(3)[image_set.labels])
    assert fig.get_suptitle() == "No mistakes" and png(fig)


def test_confusion_matrix_names_the_most_confused_pair():
    fig = plots.confusion_matrix(torch.tensor([[8, 2], [5, 5]]), ("cat", "dog"), data=DATA)
    assert fig.get_suptitle() == "Most often mistaken: dog for cat (5 of 10)"
    assert "accuracy 65.0 %" in fig.alt_text
    assert [t.get_text() for t in fig.axes[0].texts] == ["8", "2", "5", "5"]
    assert fig.axes[0].get_ylabel() == "true class"


def test_a_matrix_of_many_classes_has_no_numbers():
    fig = plots.confusion_matrix(torch.eye(50).long(), [f"c{i}" for i in range(50)], data=DATA)
    assert not fig.axes[0].texts and fig.get_suptitle() == "No mistakes"


def test_epoch_metrics_mark_unfreezing_and_the_best_epoch():
    fig = plots.epoch_metrics(a_history())
    assert fig.get_suptitle() == "Best on validation: epoch 6, 76.7 %"
    assert "unfrozen from epoch 3" in fig.alt_text
    for ax in fig.axes:
        dashed = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--"]
        assert sorted(dashed) == [2.5, 6]
    assert {"unfrozen", "best", "train", "val"} <= set(printed_on(fig).split("\n"))


def test_the_jump_at_unfreezing_stands_beside_your_run():
    recorded = [0.53, 0.56, 0.57, 0.66, 0.70]
    fig = plots.unfreezing_jump(a_history(), recorded, 3, title="It jumps", data=DATA)
    assert "57.0 % before unfreezing and 66.0 % after it" in fig.alt_text.replace("\u00a0", " ")
    dashed = [[line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--"] for ax in fig.axes]
    assert dashed == [[2.5], [3.5]] and {"unfrozen", "train", "val"} <= set(printed_on(fig).split("\n"))


def test_iteration_loss_marks_unfreezing_at_its_iteration():
    ax = plots.iteration_loss(a_history()).axes[0]
    assert [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--"] == [20.5]


def test_one_epoch_of_one_iteration_can_be_drawn():
    history = a_history(1, losses=[2.3])
    assert png(plots.iteration_loss(history)) and png(plots.epoch_metrics(history))


def test_a_diverged_run_can_be_drawn_and_is_told():
    fig = plots.iteration_loss(a_history(losses=[2.0, 3.0, math.nan, math.nan, math.inf, math.nan]))
    assert png(fig) and fig.get_suptitle().endswith("not finite at iteration 3")


def test_running_mean_is_the_mean_around_each_value():
    values = np.array([1.0, 2, 3, 4, 5])
    assert running_mean(values, 1) == pytest.approx(values)
    assert running_mean(values, 3) == pytest.approx([1.5, 2, 3, 4, 4.5])
    assert running_mean(np.array([1.0, math.nan, 3]), 3) == pytest.approx([1, 2, 3])
    assert np.isnan(running_mean(np.full(3, math.nan), 3)).all()


def test_learning_curves_of_unequal_length_average_the_seeds_there_are():
    fig = plots.learning_curves({"a": [[0.2, 0.4], [0.4]]}, title="Ragged", data=DATA, n_images=9)
    assert list(fig.axes[0].lines[0].get_ydata()) == pytest.approx([30, 40])
    assert "2 seeds" in fig.get_supxlabel() and "9 validation images" in fig.get_supxlabel()


def test_arms_show_every_seed_and_the_mean():
    fig = plots.arms(some_arms(), title="Ahead", data=DATA)
    points = [line.get_xdata() for line in fig.axes[0].lines if len(line.get_marker()) == 1]
    assert points[0] == pytest.approx([81, 84, 83])
    assert "82.7 % (81.0 to 84.0)" in printed_on(fig)
    assert "2 to 3 seeds" in fig.get_supxlabel() and "500 images" in fig.get_supxlabel()


def test_kernels_have_grey_at_zero_and_use_the_whole_range():
    weight = torch.zeros(2, 3, 3, 3)
    weight[0, 0, 0, 0], weight[1, 1, 2, 2] = 0.01, -5.0
    fig = plots.first_layer_kernels(weight, title="t")
    first, second = (image.get_array() for image in fig.axes[0].images)
    assert first[0, 0, 0] == 255 and second[2, 2, 1] == 0
    assert (first[1:] == 128).all()


def test_the_title_of_a_result_begins_with_a_capital():
    fig = plots.learning_curves({"probe": [[0.1, 0.2]]}, title="fine-tuning is ahead", data=DATA)
    assert fig.get_suptitle() == "Fine-tuning is ahead"


def test_gradient_taps_name_the_layer_with_the_fewest():
    taps = {"a": torch.ones(3, 3), "b": torch.diag(torch.tensor([0.0, 0.5, 0.0]))}
    fig = plots.gradient_taps(taps, data=DATA)
    assert fig.get_suptitle() == "b: 1 of 9 taps of a kernel get a gradient"


def test_map_sizes_are_to_scale():
    fig = plots.map_sizes({"stock": {"input": 32, "layer4": 1}}, title="One pixel is left")
    wide, narrow = (patch.get_width() for patch in fig.axes[0].patches)
    assert wide / narrow == pytest.approx(32)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.image_grid(torch.rand(2, 3, 8, 8), title="float", data=DATA),
        lambda: plots.image_grid(tiny_images(2).images[0], title="no batch", data=DATA),
        lambda: plots.image_grid(tiny_images(2).images[:0], title="none", data=DATA),
        lambda: plots.worst_mistakes(tiny_images(3), torch.rand(2, 3)),
        lambda: plots.iteration_loss(History()),
        lambda: plots.epoch_metrics(History()),
        lambda: plots.unfreezing_jump(History(), [0.5, 0.6], 1, title="It jumps", data=DATA),
        lambda: plots.first_layer_kernels(torch.rand(8, 1, 3, 3), title="grey"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(draw):
    with pytest.raises(DataError):
        draw()


def test_an_arm_has_one_style_in_all_figures():
    alone, among = arm_styles(["linear probe"]), arm_styles(["new", "linear probe, 96 px", "from scratch"])
    assert alone[0] == among[1] and len(set(among)) == 3
    assert among[2] == arm_styles(["from scratch, 30 labels", "from scratch"])[0]
    twice = arm_styles(["fine-tuned, a", "fine-tuned, b", "from scratch"])
    assert len(set(twice)) == 3 and twice[2] == among[2]


def test_a_line_that_ends_early_is_named_there_without_a_leader():
    curves = {"from scratch": [[0.1 + i / 100 for i in range(60)]], "fine-tuned": [[0.5, 0.6, 0.6]]}
    ax = plots.learning_curves(curves, title="A title", data=DATA).axes[0]
    short, long = ({t.get_text(): t for t in ax.texts}[name] for name in ("fine-tuned", "from scratch"))
    assert short.arrow_patch is None and short.xy == (3, 60.0)
    assert long.arrow_patch is not None


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_band_is_told_where_there_is_one(seeds):
    figure = plots.learning_curves({"probe": [[0.3, 0.5]] * seeds}, title="A title", data=DATA)
    assert ("band" in figure.alt_text) == (seeds > 1)


def test_the_methods_of_the_first_chapter_look_different():
    methods = (
        "from scratch",
        "full fine-tuning",
        "partial fine-tuning",
        "k nearest neighbours",
        "linear probe",
    )
    others = ("weights permuted", "probe, EfficientNet-Lite0", "raw pixels")
    assert len(set(arm_styles([*methods, *others]))) == 8
    for names in (("scratch, ResNet-18", "random"), ("probe, ResNet-18", "pretrained", "linear probe")):
        assert len({arm_styles([name])[0] for name in names}) == 1


@pytest.mark.parametrize("chance", [None, 0.1])
def test_guessing_is_drawn_and_told(chance):
    arm = Arm("linear probe", (0.5, 0.6), 100)
    figures = [
        plots.arms([arm], title="A title", data=DATA, chance=chance),
        plots.learning_curves({"linear probe": [[0.3, 0.5]]}, title="A title", data=DATA, chance=chance),
    ]
    for figure in figures:
        assert ("guessing gives 10.0 %" in figure.alt_text.lower()) == (chance is not None)
        texts = [text.get_text() for text in figure.axes[0].texts]
        assert ("guessing" in texts) == (chance is not None)
