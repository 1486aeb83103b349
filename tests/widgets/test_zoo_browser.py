"""The table of the zoo: its rows, sorting and filtering, the live view and its plain twin."""

import pytest
from torchvision.models import get_model_weights

from course_utils.models import build_model, count_parameters, find_head, find_weights, lite0
from course_utils.models.cost import on_meta
from course_utils.widgets import live, zoo_browser
from course_utils.widgets.zoo_browser import browser, html_table
from course_utils.zoo import build, entries
from course_utils.zoo.rows import (
    ALL,
    filter_rows,
    format_cell,
    plain_table,
    published_facts,
    published_multiply_adds,
    published_parameters,
    published_row,
    zoo_row,
)

pytestmark = pytest.mark.slow  # most of them take a second


@pytest.fixture(scope="module")
def rows():
    return [zoo_row(entries.find(name)) for name in ("DeiT-Ti", "LeNet-5", "AlexNet", "ResNet-18")]


def names(rows) -> list[str]:
    return [row["model"] for row in rows]


def test_facts_of_a_row(rows):
    row = rows[3]
    assert row["parameters (M)"] == pytest.approx(11.689512) and row["GMAC"] == pytest.approx(1.814, rel=0.01)
    assert row["GMAC at 32"] == pytest.approx(0.037, rel=0.02)
    assert (row["last map"], row["last map at 32 px"], row["smallest"]) == ("7x7", "1x1", 1)
    assert (row["top-1"], row["licence"], row["commercial"]) == (0.69758, "not stated", "read them")
    assert rows[0]["last map at 32 px"] == "8x8" and rows[2]["smallest"] == 63
    assert [r["accepts"] for r in rows] == ["224 only", "32 only", "63 up", "1 up"]
    assert (rows[0]["weights"], rows[1]["weights"]) == ("fb_in1k", "none")
    assert [r["head"] for r in rows] == ["1,000 classes", "10 classes", "1,000 classes", "1,000 classes"]


@pytest.mark.parametrize(
    "name, head",
    [
        ("EfficientNet-Lite0", "1,000 classes"),
        ("MoCo v3 ViT-S", "none"),
        ("DINOv2 ViT-S", "none"),
        ("CLIP ViT-B/16", "projection to 512"),
    ],
)
def test_parameters_of_weights_that_came_without_a_head_are_marked(name, head):
    assert zoo_row(entries.find(name))["head"] == head


def test_sorted_with_unknown_values_last_both_ways(rows):
    assert names(filter_rows(rows)) == ["LeNet-5", "AlexNet", "ResNet-18", "DeiT-Ti"]
    assert names(filter_rows(rows, by="top-1")) == ["AlexNet", "ResNet-18", "DeiT-Ti", "LeNet-5"]
    assert names(filter_rows(rows, by="top-1", descending=True)) == [
        "DeiT-Ti",
        "ResNet-18",
        "AlexNet",
        "LeNet-5",
    ]


def test_sizes_are_sorted_as_numbers(rows):
    assert names(filter_rows(rows, by="accepts")) == ["ResNet-18", "LeNet-5", "AlexNet", "DeiT-Ti"]
    large = rows[0] | {"model": "large", "last map at 32 px": "16x16"}
    assert names(filter_rows([large, *rows], by="last map at 32 px", descending=True))[:2] == [
        "large",
        "DeiT-Ti",
    ]


def test_filters(rows):
    assert names(filter_rows(rows, family="Transformer")) == ["DeiT-Ti"]
    assert names(filter_rows(rows, most_parameters=6)) == ["LeNet-5", "DeiT-Ti"]
    assert names(filter_rows(rows, words="imagenet-1K apache")) == ["DeiT-Ti"]
    assert filter_rows(rows, words="imagenet-1k walrus") == []


@pytest.mark.parametrize(
    "value, column, text",
    [(None, "top-1", "-"), (0.69758, "top-1", "69.8%"), (11.18164, "GMAC", "11.2"), (2015, "year", "2015")],
)
def test_values_as_printed(value, column, text):
    assert format_cell(value, column) == text


def test_html_is_escaped(rows):
    text = html_table([rows[0] | {"model": "<b>&"}])
    assert "&lt;b&gt;&amp;" in text and "<b>" not in text


def test_plain_table_has_a_line_for_each_row(rows):
    lines = plain_table(rows).splitlines()
    assert len(lines) == 2 + len(rows) and "ResNet-18" in lines[-1] and "69.8%" in lines[-1]


def test_the_live_view_follows_its_controls(rows):
    controls, view = browser(rows).children
    family, words, most, by, descending = controls.children
    assert all(name in view.value for name in names(rows))
    family.value = "Transformer"
    assert "DeiT-Ti" in view.value and "ResNet-18" not in view.value
    family.value, most.value = ALL, 1
    assert "LeNet-5" in view.value and "AlexNet" not in view.value
    most.value, by.value, descending.value = most.max, "GMAC", True
    assert view.value.index("ResNet-18") < view.value.index("DeiT-Ti") < view.value.index("LeNet-5")
    words.value = "imagenet"
    assert "LeNet-5" not in view.value and "AlexNet" in view.value


def test_outside_of_a_notebook_the_table_is_printed(rows, capsys):
    zoo_browser.zoo_table(rows)
    assert "ResNet-18" in capsys.readouterr().out


def test_page_and_person_get_table_and_controls(rows, monkeypatch):
    given = []
    monkeypatch.setattr(live, "show", lambda *both: given.append(both))
    zoo_browser.zoo_table(rows)
    (((data, _), make_view),) = given
    assert "<table>" in data["text/html"] and "ResNet-18" in data["text/plain"]
    assert len(make_view().children) == 2


def test_the_table_can_be_scrolled_by_keys_and_says_how_much_it_holds(rows):
    assert 'tabindex="0"' in html_table(rows) and "4 networks" in html_table(rows)
    assert "nothing fits" in html_table([])


@pytest.mark.parametrize("name", ["VGG16", "GoogLeNet", "MobileNet v2", "DenseNet-121", "ViT-B/16 (1k)"])
def test_parameters_are_those_of_the_published_network(name):
    entry = entries.find(name)
    model = on_meta(lambda: build(name, size=entry.size))
    told = get_model_weights(entry.builder)[entry.tag].meta["num_params"]
    assert published_parameters(entry, model) == told


def test_lite0_is_counted_with_the_head_that_lies_in_its_file():
    weights, facts = find_weights("imagenet", lite0.ARCH), published_facts(entries.find("EfficientNet-Lite0"))
    whole = build_model(lite0.ARCH, weights, num_classes=None)
    assert (find_head(whole).in_features, find_head(whole).out_features) == (1280, weights.num_classes)
    assert facts["parameters (M)"] * 1e6 == count_parameters(whole) == 4_652_008
    assert published_facts(entries.find("MobileNet v2"))["parameters (M)"] < facts["parameters (M)"]


@pytest.mark.parametrize("name", ["EfficientNet B0", "ConvNeXt-T", "MobileNet v3 Small"])
def test_multiply_adds_are_those_of_the_published_network_to_the_third_decimal(name):
    entry = entries.find(name)
    model = on_meta(lambda: build(name, size=entry.size))
    assert published_multiply_adds(entry, model) / 1e9 == pytest.approx(
        published_facts(entry)["GMAC"], abs=5e-4
    )


def test_all_tables_tell_the_same_numbers(rows):
    for row in rows:
        facts = published_facts(entries.find(row["model"]))
        assert {key: row[key] for key in ("parameters (M)", "GMAC")} == {
            key: facts[key] for key in ("parameters (M)", "GMAC")
        }


def test_published_rows_say_what_lacks_a_head_and_what_a_card_excludes():
    lite0_row, moco, clip = (
        published_row(published_facts(entries.find(name)))
        for name in ("EfficientNet-Lite0", "MoCo v3 ViT-S", "CLIP ViT-B/16")
    )
    assert (lite0_row["parameters (M)"], lite0_row["GMAC"]) == ("4.65", "0.39")
    assert moco["parameters (M)"] == "21.67, no head"
    assert (clip["parameters (M)"], clip["licence"], clip["top-1"]) == (
        "86.19",
        "apache-2.0; see its card",
        "–",
    )


def test_a_live_table_without_a_row_says_so():
    *_, table = browser([]).children
    assert "no" in table.value.lower()


def test_a_table_without_a_row_has_its_head():
    assert plain_table([]).splitlines()[0].split()[0] == "model"
