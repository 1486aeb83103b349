"""A race of starts: the rate of the first seed, the others at it; what is frozen chooses on validation."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from tiny import PREPROCESS, tiny_model, tiny_splits
from torch import nn

from course_utils.analysis import starts
from course_utils.analysis.starts import PENALTIES, FrozenStart, Race, grid_rows, race
from course_utils.data.augment import Augment
from course_utils.data.images import ImageSet
from course_utils.training.evaluation import accuracy, evaluate
from course_utils.training.fitting import fit
from course_utils.training.history import EpochRecord, History
from course_utils.training.probes import extract_features, fit_probe, neighbour_votes
from course_utils.training.recipe import Phase, Recipe


def train(splits, seed, rate):
    model = tiny_model(seed=seed)
    recipe = Recipe((Phase(2, rate),), batch_size=10, augment=Augment(pad=2))
    return model, fit(model, splits, recipe, PREPROCESS, seed=seed).completed()


def test_a_race_runs_the_other_seeds_at_the_best_rate_of_the_first(capsys):
    splits, asked = tiny_splits(), []

    def noted(seed, rate):
        asked.append((seed, rate))
        return train(splits, seed, rate)

    found = race("tiny", noted, (0.001, 0.01), (3, 4, 5))
    assert (
        found.rate == max(found.grid, key=found.grid.get) and f"-> {found.rate:g}" in capsys.readouterr().out
    )
    assert asked == [(3, 0.001), (3, 0.01), (4, found.rate), (5, found.rate)]
    assert found.grid[found.rate] == max(found.curves[0]) and [len(c) for c in found.curves] == [2, 2, 2]
    arm = found.arm(splits.test, PREPROCESS)
    assert (arm.name, arm.lr, arm.n_images) == ("tiny", found.rate, len(splits.test))
    assert arm.scores == tuple(evaluate(model, splits.test, PREPROCESS).top1 for model in found.models)
    assert arm.seconds == round(sum(history.seconds for history in found.histories), 1)
    assert all(history.seconds > 0 for history in found.histories)


def test_the_best_model_of_a_race_is_the_one_of_the_best_validation_accuracy():
    record = EpochRecord(1, 0, 0.1, train_loss=1, train_accuracy=0.9, val_loss=1, val_accuracy=0, seconds=1)
    curves = [[0.1, 0.2], [0.7, 0.4], [0.5, 0.6]]
    histories = tuple(History(records=[replace(record, val_accuracy=a) for a in c]) for c in curves)
    models = tuple(tiny_model(seed=seed) for seed in range(3))
    found = Race("tiny", {0.1: 0.2}, 0.1, models, histories)
    assert found.best_model is models[1] and found.curves == curves


def test_what_is_clearly_below_the_best_of_its_row_is_marked():
    rows = grid_rows({"scratch": {"0.0001": 0.26, "0.003": 0.34}, "tuned": {0.1: 0.493, 0.3: 0.563}}, 300)
    assert rows[0] == {"start": "scratch", "rate 0.0001": "↓ 26.0 %", "rate 0.003": "34.0 %"}
    assert rows[1] == {"start": "tuned", "rate 0.1": "49.3 %", "rate 0.3": "56.3 %"}


@pytest.mark.parametrize("kind", ["probe", "neighbours"])
def test_a_frozen_start_chooses_on_validation_and_is_tested_once(monkeypatch, kind):
    """Of three classifiers the second is the best on validation, and the worst on test."""
    grey = ImageSet(torch.zeros(60, 3, 2, 2).byte(), torch.zeros(60, dtype=torch.long), ("a", "b"), "grey")
    train, val, test = (grey.subset(range(start, start + 20)) for start in (0, 20, 40))
    right = {1: (10, 18), 5: (16, 8), 20: (12, 20)}  # of 20 images on val and on test
    tested = []

    def classify(part, value):
        if part is test:
            tested.append(value)
        return nn.functional.one_hot((torch.arange(20) >= right[value][part is test]).long(), 2)

    monkeypatch.setattr(starts, "PENALTIES", tuple(right))
    monkeypatch.setattr(starts, "fit_probe", lambda *given: partial(classify, value=given[-1]))
    monkeypatch.setattr(starts, "neighbour_votes", lambda known, labels, part, k, **_: classify(part, k))
    start = FrozenStart(tiny_model(), PREPROCESS, val, test)
    start.features = lambda part: part
    assert getattr(start, kind)(train) == pytest.approx(8 / 20)
    assert tested == [5], "only the chosen one may see the test images"


@pytest.mark.parametrize("kind", ["probe", "neighbours"])
def test_a_frozen_start_has_probes_and_neighbours_of_its_features(kind):
    splits, model = tiny_splits(), tiny_model()
    start = FrozenStart(model, PREPROCESS, splits.val, splits.test)
    known, val, test = (
        extract_features(model, part, PREPROCESS) for part in (splits.train, splits.val, splits.test)
    )
    labels = splits.train.labels
    if kind == "probe":
        members = [fit_probe(known, labels, len(splits.classes), penalty) for penalty in PENALTIES]
    else:
        members = [partial(neighbour_votes, known, labels, k=k) for k in (1, 5, 20)]
    best = max(members, key=lambda member: accuracy(member(val), splits.val.labels))
    assert getattr(start, kind)(splits.train) == accuracy(best(test), splits.test.labels)


def test_fewer_images_than_neighbours_are_no_error():
    splits = tiny_splits()
    start = FrozenStart(tiny_model(), PREPROCESS, splits.val, splits.test)
    assert 0 <= start.neighbours(splits.train.take(6, 0)) <= 1
