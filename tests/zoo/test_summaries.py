"""Tables that sum the zoo up: nothing is lost, and each says what it was counted on."""

import pytest

from course_utils.zoo import entries, published, summaries
from course_utils.zoo.choosing import Case
from course_utils.zoo.rows import published_facts

BOARD = [
    {"weights": "old", "32 px": "61.3 %", "128 px": "47.8 %"},
    {"weights": "new", "32 px": "39.9 %", "128 px": "83.3 %"},
]


def test_the_widespread_errors_stand_beside_the_best_of_one_network():
    rows = {row["model"]: row for row in summaries.told_and_found()}
    assert list(rows) == list(published.WIDESPREAD)
    assert (
        rows["ResNet"]["how that was measured"] == "6 networks, crops not stated, test"
        and rows["ResNet"]["one network alone"] == "4.49"
    )
    assert rows["DenseNet"]["how that was measured"] == "in no table that we read"


def test_groups_hold_each_record_once_the_largest_first():
    conditions = [record.conditions for record in published.RECORDS]
    found = summaries.groups(lambda row: [i for i, c in enumerate(conditions) if c == conditions[row]])
    assert sorted(i for rows in found for i in rows) == list(range(len(published.RECORDS)))
    assert [len(rows) for rows in found] == sorted((len(rows) for rows in found), reverse=True)
    assert summaries.groups() == found
    first = summaries.group_rows(found)[0]
    assert first["rows"] == len(found[0]) and first["conditions"] == conditions[found[0][0]]
    assert "GoogLeNet 9.15" in first["top-5 error (%)"]


@pytest.mark.parametrize("table, many", [(summaries.by_supervision, 42), (summaries.by_licence, 42)])
def test_a_tally_counts_all_weights(table, many):
    assert sum(row["sets of weights"] for row in table()) == many


def test_licences_say_what_they_allow():
    selling = {row["licence"]: row["selling, by the licence"] for row in summaries.by_licence()}
    assert selling["apache-2.0"] == "allowed" and selling["cc-by-nc-4.0"] == "forbidden"
    assert selling["not stated"] == "read the terms"


def test_history_goes_by_years_and_a_line_tells_the_published_cost():
    facts = {name: published_facts(entries.find(name)) for name in summaries.HISTORY}
    rows = summaries.history(facts)
    assert (rows[0]["GMAC"], rows[1]["GMAC"]) == ("0.0007", "0.71")
    assert [row["year"] for row in rows] == sorted(row["year"] for row in rows) and len(rows) == len(facts)
    assert summaries.in_short(facts["AlexNet"]) == (
        "AlexNet (2012, IMAGENET1K_V1): 61.10 M parameters, 0.71 GMAC at 224 px, top-1 56.5 %"
    )
    assert summaries.in_short(facts["LeNet-5"]).endswith("top-1 not known to us")


def test_recommended_weights_come_with_licence_and_what_to_watch():
    rows = [published_facts(entries.find(name)) for name in ("AlexNet", "CLIP ViT-B/16", "ResNet-18")]
    found = summaries.recommended({"sold": Case(commercial=True), "texts": Case(texts=True)}, rows, most=2)
    assert [(row["case"], row["weights"]) for row in found] == [
        ("sold", "ResNet-18"), ("sold", "AlexNet"), ("texts", "CLIP ViT-B/16"),
    ]  # fmt: skip
    assert (found[0]["licence"], found[0]["watch"]) == ("not stated", "read the terms")
    assert "its card excludes" in found[2]["watch"]


def test_a_board_of_texts_as_numbers_and_who_is_ahead():
    assert summaries.accuracies_by_size(BOARD)["new"] == pytest.approx({32: 0.399, 128: 0.833})
    assert summaries.ahead(BOARD, 0) == "old: 61.3 % against 39.9 % at 32 px"
    assert summaries.ahead(BOARD, -1) == "new: 83.3 % against 47.8 % at 128 px"
