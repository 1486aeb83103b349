"""Tables: aligned text, HTML, and what is a number."""

import pytest

from course_utils.notebook import show_table
from course_utils.tables import harmless, html_table, percent, table, transposed, two_digits

ROWS = [
    {"arm": "linear probe", "accuracy": "58.9 %", "images": 1000, "rate": None},
    {"arm": "from <scratch>", "accuracy": "7.1 %", "images": 45000, "rate": 0.01},
]


def test_numbers_and_percentages_stand_to_the_right():
    head, rule, first, second = table(ROWS).splitlines()
    assert first.index("58.9 %") + len("58.9 %") == second.index("7.1 %") + len("7.1 %")
    assert head.endswith("rate") and "45,000" in second and first.rstrip().endswith("–")


def test_a_marked_percentage_is_a_number():
    assert "text-align:right" in html_table([{"rate 0.1": "↓ 26.0 %"}, {"rate 0.1": "34.0 %"}])


def test_a_number_with_its_error_is_a_number():
    assert "text-align:right" in html_table([{"lost": "+23.4 ± 4.2"}, {"lost": "-0.2 ± 1.8"}])


@pytest.mark.parametrize(
    "name, shown",
    [
        ("=1+1", "'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("x;=1+1;y", "x;'=1+1;y"),
        ('x; "-1', "x; \"'-1"),
        ("Ada-Marie; Lovelace", "Ada-Marie; Lovelace"),
    ],
)
def test_a_name_is_no_formula_wherever_a_spreadsheet_parts_it(name, shown):
    assert harmless(name) == shown


def test_html_escapes_and_aligns():
    page = html_table(ROWS, caption="one <run>")
    assert "from &lt;scratch&gt;" in page and "<caption" in page and "one &lt;run&gt;" in page
    assert page.count("text-align:right") == 3 * 3  # three columns of numbers, head and two rows
    assert '<th scope="col" style="text-align:left">arm</th>' in page


@pytest.mark.parametrize("value", [True, "n/a", "3 seeds", "1.2.3", "± 2"])
def test_what_is_no_number_stands_to_the_left(value):
    assert "text-align:right" not in html_table([{"x": value}])


def test_without_a_notebook_the_text_is_printed(capsys):
    show_table(ROWS, ["arm"], caption="Arms")
    assert capsys.readouterr().out.startswith("Arms\narm")


def test_turned_and_percent():
    assert transposed(ROWS)[0] == {"": "accuracy", "linear probe": "58.9 %", "from <scratch>": "7.1 %"}
    assert (percent(0.712), percent(0.5, 0), percent(None)) == ("71.2 %", "50 %", "–")


def test_what_stands_in_backquotes_is_code():
    page = html_table(ROWS, caption="made by `course run <01>`")
    assert "made by <code>course run &lt;01&gt;</code></caption>" in page
    assert 'aria-label="made by course run &lt;01&gt;"' in page


def test_a_number_and_its_per_cent_stay_on_one_line():
    assert "58.9&nbsp;%" in html_table(ROWS) and "58.9 %" in table(ROWS)


def test_a_short_name_with_a_hyphen_stays_on_one_line():
    page = html_table([{"top-1": "ResNet-18", "source": "a tie-me-down-if-you-can-name <b-c>"}])
    for whole in ("top-1", "ResNet-18"):
        assert f'<span style="white-space:nowrap">{whole}</span>' in page
    assert "a tie-me-down-if-you-can-name <span" in page and "&lt;b-c&gt;</span>" in page
    assert page.count("nowrap") == 3


def test_only_a_long_table_has_a_window_of_its_own():
    rows = [{"n": n} for n in range(21)]
    assert "max-height" in html_table(rows) and "max-height" not in html_table(rows[:20])


@pytest.mark.parametrize(
    "value, text",
    [
        (2149, "2,100"),
        (0.842, "0.84"),
        (0.5, "0.5"),
        (0, "0"),
        (999_999, "1,000,000"),
        (0.000012, "0.000012"),
    ],
)
def test_two_digits_have_no_exponent(value, text):
    assert two_digits(value) == text
