"""Arms compared: what decides, how a verdict reads, the choice of a rate."""

import json
from dataclasses import replace

import pytest

from course_utils.analysis.arms import Arm, choose_rate, compared, is_decided, two_errors, verdict


def arm(name, *scores, n=1000):
    return Arm(name, scores, n)


def test_verdict_needs_seeds_apart_and_enough_images():
    clear = arm("a", 0.80, 0.81, 0.82), arm("b", 0.60, 0.61, 0.62)
    assert verdict(*clear).startswith("a is 20.0 points ahead of b")
    assert verdict(*clear[::-1]) == verdict(*clear)
    assert "80.0" not in verdict(*clear) and "81.0% against 61.0%, 3 seeds, 1,000 images" in verdict(*clear)
    assert not is_decided(arm("a", 0.9), arm("b", 0.1)), "one seed decides nothing"
    overlapping = arm("a", 0.70, 0.80), arm("b", 0.75, 0.65)
    assert "undecided at this budget" in verdict(*overlapping)
    told = verdict(arm("a", 0.5295, 0.5297), arm("b", 0.2973, 0.2975))
    assert "23.3 points ahead" in told and "53.0% against 29.7%" in told, "a reader can subtract"
    assert not is_decided(arm("a", 0.62, 0.63, n=100), arm("b", 0.60, 0.61, n=100))
    assert is_decided(arm("a", 0.66, 0.67, n=10_000), arm("b", 0.60, 0.61, n=10_000))


def test_a_verdict_names_the_seeds_and_images_of_both_where_they_differ():
    few, many = arm("a", 0.5, 0.6, n=100), arm("b", 0.5)
    assert "(55.0% against 50.0%, 2 seeds, 100 images against 1 seed, 1,000 images)" in verdict(few, many)
    assert verdict(many, few).endswith("2 seeds, 100 images against 1 seed, 1,000 images)")


def test_folds_may_overlap_since_each_has_images_of_its_own():
    a, b = (Arm(name, scores, 250, folds=2) for name, scores in (("a", (0.7, 0.9)), ("b", (0.5, 0.8))))
    assert is_decided(a, b) and "2 folds, 250 images" in verdict(a, b)
    assert not is_decided(replace(a, folds=1), replace(b, folds=1))


def test_two_standard_errors_of_a_lead():
    assert two_errors(arm("a", 0.5, n=100), arm("b", 0.5, n=100)) == pytest.approx(0.1 * 2**0.5)
    assert two_errors(arm("a", 0.9, n=100), arm("b", 1.0, n=10)) == pytest.approx(0.06)


def test_a_comparison_for_a_table_says_whether_it_is_decided():
    ahead, behind = Arm("a", (0.52, 0.54), 1000), Arm("b", (0.29, 0.31), 1000)
    assert compared(ahead, behind) == "53.0 % against 30.0 %, decided"
    assert compared(behind, ahead) == "30.0 % against 53.0 %, decided"
    assert compared(ahead, Arm("c", (0.53,), 1000)) == "53.0 % against 53.0 %, undecided"


def test_grid_is_printed_and_its_edge_named(capsys):
    assert choose_rate({1: 0.1, 2: 0.3, 3: 0.2}, "arm") == 2
    assert choose_rate({1: 0.1, 2: 0.3}, "other") == 2
    printed = capsys.readouterr().out.splitlines()
    assert "1: 10.0%   2: 30.0%   3: 20.0%   -> 2" in printed[0] and "edge" not in printed[0]
    assert "at the edge of the grid" in printed[1]


def test_points_over_another_arm_are_seed_by_seed():
    ahead, behind = (Arm(name, scores, 100) for name, scores in (("a", (0.5, 0.75)), ("b", (0.25, 0.5))))
    assert ahead.points_over(behind) == [25, 25]


def test_arms_survive_json():
    a = Arm("a", (0.5, 0.6), 10, 0.1, 3.0)
    assert Arm.from_dict(json.loads(json.dumps(a.to_dict()))) == a
