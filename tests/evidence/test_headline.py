"""The headline table: built from records, and no other start is called a reproduction."""

from __future__ import annotations

import json

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
    assert "Not run yet: 86.08 % (S0, S1); " in headline.markdown(tmp_path)


def test_cells_come_from_the_records(tmp_path):
    write(tmp_path, s0={PRINTED[1]: arm(0.81, 0.83)})
    row = headline.rows(tmp_path)[0]
    assert "as printed, small weights: 82.00% (81.0% to 83.0%)" in row["measured here"]
    assert (row["from which start"], row["runs, minutes"]) == ("Tiny ImageNet", "2, 3.2")
    assert headline.CLAIMS[0].says not in " ".join(headline.not_run(tmp_path))


def test_in_short_a_verdict_has_no_reason(tmp_path):
    write(tmp_path, s0={PRINTED[1]: arm(0.81)})
    assert headline.in_short(headline.rows(tmp_path)[0]["verdict"]) == "not comparable"
    assert headline.in_short("refuted; 90% is reached by: another") == "refuted"


def test_mirror_images_are_told_apart_and_may_reach_a_number(tmp_path):
    write(tmp_path, s0={PRINTED[1]: arm(0.86, test_mirrored=[0.87])})
    row = headline.rows(tmp_path)[0]
    assert "86.00%; 87.00% with mirror images" in row["measured here"]
    assert "86.08% or more is reached by: as printed, small weights, with mirror images" in row["verdict"]


@pytest.mark.parametrize(
    "start, score, verdict",
    [
        (headline.TORCHVISION, 0.8608, "reproduced; 86.08% or more is reached by: as printed, small weights"),
        (headline.TORCHVISION, 0.8000, "refuted"),
        ("Tiny ImageNet", 0.8000, "not comparable: the text started from"),
        ("Tiny ImageNet", 0.8608, "not comparable: the text started from"),
    ],
)
def test_another_start_is_no_reproduction(start, score, verdict):
    judge = headline.number(0.8608, headline.TORCHVISION, PRINTED)
    assert judge({PRINTED: arm(score, start=start)}).startswith(verdict)


def test_the_records_of_the_package_call_nothing_from_another_start_a_reproduction():
    for row in headline.rows():
        if row["verdict"].startswith("reproduced"):
            assert headline.TORCHVISION in row["from which start"], row["it says"]


@pytest.mark.parametrize(
    "first, second, verdict",
    [
        (arm(0.90), arm(0.80), "holds here: a is 10.0 points ahead of b"),
        (arm(0.80), arm(0.90), "refuted here: a is 10.0 points behind b"),
        (arm(0.801), arm(0.800), "undecided here"),
        (arm(0.7, 0.9), arm(0.6, 0.8), "undecided here"),  # the seeds overlap
        (arm(0.7, 0.9, n=250, folds=2), arm(0.5, 0.7, n=250, folds=2), "holds here"),
    ],
)
def test_an_order_is_decided_by_the_spread(first, second, verdict):
    judge = headline.order(("x", "a"), ("x", "b"))
    assert judge({("x", "a"): first, ("x", "b"): second}).startswith(verdict)
    assert judge({("x", "a"): first}) == headline.NOT_RUN


@pytest.mark.parametrize(
    "start, verdict, otherwise",
    [
        (headline.TORCHVISION, "refuted here: a is 10.0 points behind b", "holds here"),
        ("Tiny ImageNet", "depends on the weights: the text speaks of", "the same way with our weights"),
    ],
)
def test_a_sentence_about_other_weights_is_neither_refuted_nor_shown(start, verdict, otherwise):
    judge = headline.order(("x", "a"), ("x", "b"), headline.TORCHVISION)
    behind, ahead = arm(0.80, start=start), arm(0.90, start=start)
    assert judge({("x", "a"): behind, ("x", "b"): ahead}).startswith(verdict)
    assert judge({("x", "a"): ahead, ("x", "b"): behind}).startswith(otherwise)


def test_the_enlarged_input_is_judged_with_other_weights_than_the_texts():
    (row,) = (row for row in headline.rows() if "enlarged input" in row["it says"])
    assert headline.TORCHVISION not in row["from which start"]
    assert row["verdict"].startswith("depends on the weights")


def test_the_readme_holds_the_table_as_the_records_have_it():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert put_between(readme, headline.MARKS, headline.markdown()) == readme, "run `course build`"


def test_no_measured_number_is_typed():
    source = (ROOT / "course_utils" / "evidence" / "headline.py").read_text(encoding="utf-8")
    for file in sorted(headline.RECORDS.glob("*.json")):
        for found in json.loads(file.read_text(encoding="utf-8"))["arms"].values():
            assert f"{headline.mean(found):.2%}".removesuffix("%") not in source
