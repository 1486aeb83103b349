"""The measure of difficulty: every arm, the choice on validation, the targets."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from course_utils.analysis import difficulty
from course_utils.analysis.arms import Arm
from course_utils.cartoons import generation
from course_utils.data.images import ImageSet, Splits
from course_utils.models.weights import find_weights
from course_utils.training import probes

GOOD = {
    "pixels": 0.33, "background": 0.22, "random": 0.25, "probe": 0.55,
    "finetuned": 0.65, "scratch": 0.4,
}  # fmt: skip


def tiny_splits(without_object: bool = False) -> list[Splits]:
    images, labels = generation.generate(60, 5, without_object)
    every = ImageSet(torch.from_numpy(images), torch.from_numpy(labels), generation.CLASSES, "tiny")
    cut = [every.subset(list(range(a, a + 20))) for a in (0, 20, 40)]
    return [Splits(cut[0], cut[1], cut[2]), Splits(cut[1], cut[0], cut[2])]


def arms(**changed: float) -> dict[str, Arm]:
    return {key: Arm(key, (score,) * 3, 1000) for key, score in {**GOOD, **changed}.items()}


@pytest.mark.slow
def test_six_arms_with_a_score_for_each_seed(monkeypatch, capsys):
    monkeypatch.setattr(probes, "PROBE_ITERATIONS", 5)
    weights = find_weights("small")
    found = difficulty.measure_difficulty(
        tiny_splits(), tiny_splits(without_object=True), weights, epochs=1, rates=(0.001,)
    )
    assert list(found) == list(GOOD)
    assert all(len(arm.scores) == 2 and arm.n_images == 20 for arm in found.values())
    assert all(0 <= score <= 1 for arm in found.values() for score in arm.scores)
    printed = capsys.readouterr().out
    assert all(arm.name in printed for arm in found.values()), "the grids must be printed"
    table = difficulty.difficulty_table(found)
    assert all(arm.name in table for arm in found.values())


def test_the_choice_is_made_on_validation_never_on_test(capsys):
    outcomes = {0.1: (0.9, 0.2), 1.0: (0.5, 0.8)}
    measured = []

    def run(seed: int, value: float):
        val, test = outcomes[value]
        return val, lambda: measured.append(value) or test

    arm = difficulty._arm("arm", run, (0.1, 1.0), seeds=3, n_test=10)
    assert arm.lr == 0.1 and arm.scores == (0.2, 0.2, 0.2)
    assert measured == [0.1] * 3, "only the chosen value may see the test images"


def test_random_network_takes_its_statistics_from_the_images():
    splits, preprocess = tiny_splits()[0], find_weights("small").preprocess
    model = difficulty.random_network(splits.train, preprocess, seed=0)
    seen = []
    model.bn1.register_forward_hook(lambda _, inputs, output: seen.append(output.clone()))
    with torch.no_grad():
        model(preprocess(splits.train.images))
    assert not model.training
    torch.testing.assert_close(seen[0].mean((0, 2, 3)), torch.zeros(64), atol=1e-3, rtol=0)
    again = difficulty.random_network(splits.train, preprocess, seed=0)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters()))
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    assert all(m.num_batches_tracked == 1 for m in norms)


def test_targets_are_met_by_good_numbers():
    assert "FAIL" not in difficulty.check_targets(arms())


@pytest.mark.parametrize(
    "changed",
    [
        {"pixels": 0.46},
        {"background": 0.3},
        {"random": 0.41},
        {"scratch": 0.56},
        {"finetuned": 0.96},
    ],
)
def test_each_target_can_fail(changed):
    assert difficulty.check_targets(arms(**changed)).count("FAIL") == 1


def test_one_lucky_seed_above_the_limit_fails():
    lucky = arms()
    lucky["probe"] = replace(lucky["probe"], scores=(0.5, 0.5, 0.96))
    assert "FAIL  nothing above 95 %" in difficulty.check_targets(lucky)


def test_measure_prints_data_grids_table_and_targets(monkeypatch, capsys):
    for name, value in (("TRAIN", 20), ("VAL", 10), ("TEST", 10), ("SEEDS", 1), ("EPOCHS", 1)):
        monkeypatch.setattr(difficulty, name, value)
    monkeypatch.setattr(difficulty, "measure_difficulty", lambda data, *_: arms())
    monkeypatch.setattr(
        difficulty.generation,
        "load",
        lambda train, test, without: {
            "train": generation.generate(train, 1, without),
            "test": generation.generate(test, 2, without),
        },
    )
    difficulty.measure()
    printed = capsys.readouterr().out
    assert printed.startswith("drawn cartoons: 20 training") and "nothing above 95 %" in printed


def test_training_images_of_the_seeds_do_not_overlap(monkeypatch):
    for name, value in (("TRAIN", 20), ("VAL", 10), ("TEST", 10), ("SEEDS", 2)):
        monkeypatch.setattr(difficulty, name, value)
    monkeypatch.setattr(
        difficulty.generation,
        "load",
        lambda train, test, without: {
            "train": generation.generate(train, 1, without),
            "test": generation.generate(test, 2, without),
        },
    )
    first, second = difficulty._cartoons(without_object=False)

    def pictures(part):
        return {image.numpy().tobytes() for image in part.images}

    parts = [first.train, first.val, second.train, second.val, first.test]
    assert [len(part) for part in parts] == [20, 10, 20, 10, 10]
    assert len(set().union(*map(pictures, parts))) == 70
    assert pictures(first.test) == pictures(second.test)
