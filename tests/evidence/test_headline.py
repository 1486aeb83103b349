"""The headline table: built from records, and no other start is called a reproduction."""

from __future__ import annotations

import json
import re

import pytest
from courses import ROOT

from course_utils.authoring.pages import put_between
from course_utils.evidence import headline
from course_utils.evidence.catalogue import EXPERIMENTS

PRINTED = ("s0", "as printed, small weights")


def arm(*test: float, start: str = "Tiny ImageNet", n: int = 10_000, **more) -> dict:
    return {"start": start, "test": list(test), "images": {"test": n}, "minutes": 3.2, **more}


def write(folder, **arms_by_experiment) -> None:
    for name, arms in arms_by_experiment.items():
        (folder / f"{name}.json").write_text(json.dumps({"arms": arms}), encoding="utf-8")


def test_every_arm_that_is_named_exists():
    for claim in headline.CLAIMS:
        for experiment, name in claim.arms:
            assert name in EXPERIMENTS[experiment].arms, (experiment, name)


def test_without_records_nothing_is_claimed(tmp_path):
    assert headline.rows(tmp_path) == []
    assert len(headline.not_run(tmp_path)) == len(headline.CLAIMS)
    assert "Not run yet: 86.08 % (S0, S1): S0's recipe, repaired; " in headline.page_text(tmp_path)


def test_cells_come_from_the_records(tmp_path):
    write(tmp_path, s0={PRINTED[1]: arm(0.81, 0.83)})
    (row,) = headline.rows(tmp_path)
    assert (row["measured"], row["runs"], row["from which start"]) == ("82.0 %", "2 seeds", "Tiny ImageNet")
    assert f"{row['it says']} ({row['text']}): {row['compared here']}" not in headline.not_run(tmp_path)


def test_mirror_images_are_told_apart(tmp_path):
    write(tmp_path, s0={PRINTED[1]: arm(0.86, test_mirrored=[0.87])})
    assert headline.rows(tmp_path)[0]["measured"] == "86.0 %, with mirror images 87.0 %"


def test_a_row_measures_two_numbers_at_most():
    for row in headline.rows():
        assert 1 <= len(re.findall(r"\d+\.\d(?!\d)", row["measured"])) <= 2 and ";" not in row["measured"]


@pytest.mark.parametrize(
    "start, scores, verdict",
    [
        (headline.TORCHVISION, (0.85, 0.87), "reproduced here"),
        (headline.TORCHVISION, (0.80, 0.82), "refuted here"),
        (headline.TORCHVISION, (0.8608,), "undecided: one run"),
        ("Tiny ImageNet", (0.80, 0.82), headline.NOT_COMPARABLE),
        ("Tiny ImageNet", (0.8608,), headline.NOT_COMPARABLE),
    ],
)
def test_another_start_is_no_reproduction(start, scores, verdict):
    assert headline.number(0.8608)([arm(*scores, start=start)]) == verdict


def test_the_records_of_the_package_call_nothing_from_another_start_a_reproduction():
    for row in headline.rows():
        if row["verdict"].startswith("reproduced"):
            assert headline.TORCHVISION in row["from which start"], row["it says"]


@pytest.mark.parametrize(
    "first, second, verdict",
    [
        (arm(0.90, 0.91), arm(0.80, 0.81), "holds here"),
        (arm(0.80, 0.81), arm(0.90, 0.91), "refuted here"),
        (arm(0.801, 0.802), arm(0.799, 0.800), "undecided"),
        (arm(0.7, 0.9), arm(0.6, 0.8), "undecided"),  # the seeds overlap
        (arm(0.90), arm(0.80), "undecided: one run each"),
        (arm(0.90), arm(0.80, 0.81), "undecided: one run each"),
        (arm(0.7, 0.9, n=250, folds=2), arm(0.5, 0.7, n=250, folds=2), "holds here"),
    ],
)
def test_an_order_is_decided_by_the_rule_of_the_course(first, second, verdict):
    assert headline.order()([first, second]) == verdict


PROBE = {"stages": [{"pixels": 96, "epochs": [0]}]}
TRAINED = {"stages": [{"pixels": 96, "epochs": [2]}]}


@pytest.mark.parametrize(
    "first, second, verdict",
    [
        (arm(0.90, **PROBE), arm(0.80, **PROBE), "holds here"),
        (arm(0.901, **PROBE), arm(0.899, **PROBE), "undecided"),  # within two standard errors
        (arm(0.90, **PROBE), arm(0.80, **TRAINED), "undecided: one run each"),
        (arm(0.90, **TRAINED), arm(0.80, **TRAINED), "undecided: one run each"),
        (arm(0.7, 0.9, **PROBE), arm(0.6, 0.8, **PROBE), "undecided"),  # other draws of labels: seeds count
    ],
)
def test_of_two_fits_without_chance_the_images_decide(first, second, verdict):
    assert headline.order()([first, second]) == verdict


def test_the_records_of_the_package_tell_fits_from_runs():
    runs = {row["compared here"]: row["runs"] for row in headline.rows()}
    assert [compared for compared, kind in runs.items() if kind == "one fit"] == [
        "another network, EfficientNet-Lite0: its probe at 96 px against 224 px"
    ]


def test_nothing_is_decided_from_one_run_each():
    for row in headline.rows():
        if row["runs"] == "one run":
            assert row["verdict"].startswith(("undecided: one run", "not comparable")), row["it says"]


@pytest.mark.parametrize(
    "start, verdict, otherwise",
    [
        (headline.TORCHVISION, "refuted here", "holds here"),
        ("Tiny ImageNet", "the other way with other weights", "the same way with other weights"),
    ],
)
def test_a_sentence_about_other_weights_is_neither_refuted_nor_shown(start, verdict, otherwise):
    judge = headline.order(headline.TORCHVISION)
    behind, ahead = arm(0.80, 0.81, start=start), arm(0.90, 0.91, start=start)
    assert judge([behind, ahead]) == verdict
    assert judge([ahead, behind]) == otherwise


def test_one_case_refutes_a_rule_but_does_not_show_it():
    judge, few, many = headline.order(law=True), arm(0.80, 0.81), arm(0.90, 0.91)
    assert judge([few, many]) == "refuted as a rule"
    assert judge([many, few]) == "holds in this case"


@pytest.mark.parametrize(
    "page, table", [("README.md", headline.short_table), (headline.PAGE, headline.page_text)]
)
def test_the_pages_hold_the_table_as_the_records_have_it(page, table):
    text = (ROOT / page).read_text(encoding="utf-8")
    assert put_between(text, headline.MARKS, table()) == text, "run `course build`"


def test_the_first_rows_are_few_and_hold_the_numbers_of_each_text():
    first = headline.rows(first=True)
    assert len(first) <= 6 < len(headline.rows()) and all(row in headline.rows() for row in first)
    assert {row["it says"] for row in first} >= {"86.08 %", "94.91 %", "94 %"}


def test_minutes_are_those_of_each_arm(tmp_path):
    write(
        tmp_path,
        s0={"ours, small weights": arm(0.8, minutes=87.6), "ours, from scratch": arm(0.7, minutes=0.4)},
    )
    told = [row["minutes"] for row in headline.rows(tmp_path)]
    assert told == ["88", "88 and under 1"]


def test_no_measured_number_is_typed():
    source = (ROOT / "course_utils" / "evidence" / "headline.py").read_text(encoding="utf-8")
    for file in sorted(headline.RECORDS.glob("*.json")):
        for found in json.loads(file.read_text(encoding="utf-8"))["arms"].values():
            assert f"{headline.mean(found):.2%}".removesuffix("%") not in source
