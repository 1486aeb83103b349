"""Experiments by name: kept results, resuming, grids, folds, and what the source texts do to images."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
import torchvision.transforms.v2.functional as T
from tiny import PREPROCESS, tiny_images, tiny_model, tiny_splits
from typer.testing import CliRunner

from course_utils.cli import app
from course_utils.data.augment import Preprocess
from course_utils.data.images import ImageSet, Splits
from course_utils.errors import CourseError, DataError, RunStopped
from course_utils.evidence import catalogue, duel, hotdog, labels, methods, printed, reading, running, start
from course_utils.evidence.catalogue import EXPERIMENTS
from course_utils.evidence.methods import Method, Stage, measure, measure_probe
from course_utils.evidence.running import Experiment, Lab
from course_utils.models.freezing import freeze_backbone
from course_utils.training.fingerprints import name_of
from course_utils.training.fitting import fit
from course_utils.training.history import EpochRecord, History
from course_utils.training.probes import neighbour_votes
from course_utils.training.recipe import Phase, Recipe

RECIPE = Recipe((Phase(2, 1e-2),), batch_size=10, augment=None)


def stages(rate: float) -> list[Stage]:
    """Two stretches of two epochs, as progressive sizes have them."""
    first = replace(RECIPE, phases=(Phase(2, rate),))
    return [Stage(PREPROCESS, first), Stage(replace(PREPROCESS, size=12), first)]


def method(rates: tuple[float, ...] = (1e-3, 1e-2), **more) -> Method:
    return Method("random weights", lambda seed, images: tiny_model(seed=seed), stages, rates, **more)


def lab(folder) -> Lab:
    return Lab("tiny", folder)


def without_times(arm: dict) -> dict:
    return {key: value for key, value in arm.items() if key != "minutes"}


def test_an_arm_says_what_it_is(tmp_path):
    arm = measure(method(trial_images=20), lab(tmp_path), lambda seed: tiny_splits(), seeds=(0, 1))
    assert arm["images"] == {"train": 50, "val": 50, "test": 50}
    assert len(arm["test"]) == len(arm["val"]) == len(arm["by_epoch"]) == 2
    assert f"{arm['rate']:g}" in arm["grid"] and len(arm["grid"]) >= 2
    assert arm["grid_terms"] == "20 training and 10 validation images, 4 epochs, stored/12 px, first seed"
    assert [stage["pixels"] for stage in arm["stages"]] == [None, 12]
    assert json.loads(json.dumps(arm)) == arm


def test_the_test_images_are_read_once_for_each_seed(tmp_path, monkeypatch):
    splits, seen = tiny_splits(), []

    def predict(model, images, preprocess):
        seen.append(images is splits.test)
        return torch.zeros(len(images), 3)

    monkeypatch.setattr(methods, "predict", predict)
    for _ in range(2):  # the second time everything is there
        measure(method(), lab(tmp_path), lambda seed: splits, seeds=(0, 1))
    assert seen == [True, True]


def test_a_stopped_arm_goes_on_and_gives_the_same(tmp_path, monkeypatch):
    whole = measure(method(), lab(tmp_path / "whole"), lambda seed: tiny_splits())
    fits = []

    def stopping(*args, **kwargs):
        fits.append(1)
        if len(fits) == 4:  # the second stretch of the second rate, after its first epoch
            tell = kwargs["on_epoch"]
            kwargs["should_stop"] = lambda: bool(epochs and epochs[-1] == 1)
            epochs: list[int] = []
            kwargs["on_epoch"] = lambda h: (epochs.append(len(h.records)), tell(h))
        return fit(*args, **kwargs)

    monkeypatch.setattr(methods, "fit", stopping)
    with pytest.raises(RunStopped, match="stopped after 1 whole epoch"):
        measure(method(), lab(tmp_path / "parts"), lambda seed: tiny_splits())
    done = len(fits)
    resumed = measure(method(), lab(tmp_path / "parts"), lambda seed: tiny_splits())
    assert without_times(resumed) == without_times(whole)
    assert len(fits) - done == 6  # the stopped rate, one more, and the seed: two stretches each


def test_a_result_of_other_settings_is_refused(tmp_path):
    measure(method((1e-2,)), lab(tmp_path), lambda seed: tiny_splits())
    with pytest.raises(CourseError, match="other settings"):
        measure(method((1e-3,)), lab(tmp_path), lambda seed: tiny_splits())


@pytest.mark.parametrize("peak, tried", [(1e-1, 4), (1e-4, 4), (1e-5, 5), (1e9, 6)])
def test_a_grid_grows_until_its_best_lies_inside(peak, tried, tmp_path, monkeypatch):
    def score(method, stages, lab, splits, seed, rate):
        return {"val": 1 - abs(math.log10(rate / peak)) / 20}

    monkeypatch.setattr(methods, "_try", score)
    found = methods._search(method((1e-3, 1e-2)), lab(tmp_path), tiny_splits(), 0)
    best = max(found, key=found.__getitem__)
    assert len(found) == tried
    assert (best in (min(found), max(found))) == (peak > 1)  # beyond all reason the growth ends


def test_a_rate_is_tried_on_the_images_that_the_record_tells(tmp_path, monkeypatch):
    seen = []

    def score(method, stages, lab, splits, seed, rate):
        seen.append((len(splits.train), len(splits.val)))
        return {"val": 0.5}

    monkeypatch.setattr(methods, "_try", score)
    methods._search(method((1e-3, 1e-2), trial_images=20), lab(tmp_path), tiny_splits(), 0)
    assert set(seen) == {(20, 10)}


def test_mirror_images_vote_with_the_images_themselves():
    class Left(torch.nn.Linear):
        """Class 1 in so far as the left half is bright; class 0 has a fixed say."""

        def forward(self, x):
            bright = x[..., : x.shape[-1] // 2].mean(dim=(1, 2, 3))
            return torch.stack([torch.full_like(bright, 0.4), bright], dim=1)

    images = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    images[0, ..., 4:] = 255  # bright on the right alone: 0.5 on average, 0 and 1 each by itself
    test = ImageSet(images, torch.tensor([1, 0]), ("dark", "bright"), "halves")
    plain, model = Preprocess((0.0,) * 3, (1.0,) * 3), Left(1, 1)
    logits = model(plain(images))
    assert methods._with_mirror(model, test, plain, logits) == {"test_mirrored": 1.0}
    assert (logits.argmax(dim=1) == test.labels).tolist() == [False, True]


def test_results_of_other_settings_are_told_apart(tmp_path):
    smooth = [replace(stage, recipe=replace(stage.recipe, label_smoothing=0.4)) for stage in stages(1e-2)]
    other = [replace(stage, preprocess=replace(stage.preprocess, mean=(0.1,) * 3)) for stage in stages(1e-2)]
    for changed in (smooth, other):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        measure(method((1e-2,)), lab(folder), lambda seed: tiny_splits())
        with pytest.raises(CourseError, match="other settings"):
            again = replace(method((1e-2,)), stages=lambda rate, changed=changed: changed)
            measure(again, lab(folder), lambda seed: tiny_splits())


def test_a_phase_may_be_prepared_by_a_function_with_arguments():
    phase = Phase(1, 1e-2, prepare=partial(freeze_backbone, new=("conv1",)))
    stage = Stage(PREPROCESS, replace(RECIPE, phases=(phase,)))
    assert methods.describe(stage)["trains"] == ["freeze_backbone"] and "conv1" in name_of(stage)


def planned(arm, monkeypatch) -> dict:
    """What an arm would train, without training it."""

    def plan(method, lab, splits_of, seeds=(0,)):
        return {"method": method, "seeds": list(seeds), "images": {"test": 50}}

    def plan_probe(start, build, preprocess, lab, splits_of, seeds):
        return {"start": start, "pixels": preprocess.size, "seeds": list(seeds), "images": {"test": 50}}

    for module in catalogue.MODULES:
        for name, stand_in in (("measure", plan), ("measure_probe", plan_probe)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, stand_in)
    return arm(Lab("none", Path("none")))


TRAINED = [
    (experiment, name)
    for experiment in EXPERIMENTS
    for name, arm in reading.read(experiment)["arms"].items()
    if "stages" in arm and not name.startswith("nearest neighbours") and "seconds of" not in name
]


@pytest.mark.parametrize("experiment, name", TRAINED)
def test_a_record_is_of_what_its_arm_trains_today(experiment, name, monkeypatch):
    recorded = reading.read(experiment)["arms"][name]
    plan = planned(EXPERIMENTS[experiment].arms[name], monkeypatch)
    assert plan["seeds"] == recorded["seeds"]
    if "method" not in plan:
        assert (plan["start"], plan["pixels"]) == (recorded["start"], recorded["stages"][0]["pixels"])
        assert {*methods.PENALTIES} <= set(map(float, recorded["grid"])) and not recorded["grid_at_edge"]
        return
    method = plan["method"]
    described = [methods.describe(stage) for stage in method.stages(recorded["rate"])]
    assert method.start == recorded["start"] and json.loads(json.dumps(described)) == recorded["stages"]
    tried = set(map(float, recorded["grid"]))
    assert {float(f"{rate:g}") for rate in method.rates} <= tried or len(method.rates) == 1


def test_a_probe_chooses_its_penalty_on_validation(tmp_path):
    build = lambda seed, images: tiny_model(seed=seed)  # noqa: E731
    arm = measure_probe("random", build, PREPROCESS, lab(tmp_path), lambda seed: tiny_splits(), (0, 1))
    assert arm["grid"][f"{arm['rate']:g}"] == max(arm["grid"].values())
    assert len(arm["test"]) == 2 and arm["trainable"] == 32 * 3 + 3


def test_the_penalties_of_a_probe_grow_too_and_each_seed_must_end_inside(tmp_path, monkeypatch):
    peaks = iter((30.0, 30.0, 1e9))

    def fit_to_a_peak(features, labels, classes, penalty):
        if penalty == methods.PENALTIES[0]:
            fit_to_a_peak.peak = next(peaks)
        return Scored(-abs(math.log10(penalty / fit_to_a_peak.peak)))

    class Scored(torch.nn.Linear):
        def __init__(self, score):
            super().__init__(32, 3)
            self.score = score

    def score_of(logits, labels):
        return logits

    monkeypatch.setattr(methods, "fit_probe", fit_to_a_peak)
    monkeypatch.setattr(methods, "accuracy", score_of)
    monkeypatch.setattr(Scored, "forward", lambda self, features: 1 + self.score / 100)
    build = lambda seed, images: tiny_model(seed=seed)  # noqa: E731
    one, two = (
        measure_probe(
            "random", build, PREPROCESS, lab(tmp_path / str(len(seeds))), lambda seed: tiny_splits(), seeds
        )
        for seeds in ((0,), (0, 1))
    )
    assert one["rate"] == 10.0 and max(map(float, one["grid"])) == 100.0 and not one["grid_at_edge"]
    assert two["grid_at_edge"]  # of the second seed


def experiment(arms: dict) -> Experiment:
    return Experiment("sample", "Does it run?", 1, arms, {"epochs": 1})


def arm(score: float) -> dict:
    return {"test": [score], "images": {"train": 1, "val": 1, "test": 10}}


def test_each_arm_is_recorded_as_soon_as_it_stands(tmp_path):
    def stop(lab):
        raise KeyboardInterrupt

    arms = {"first": lambda lab: arm(0.5), "second": stop}
    record = tmp_path / "package"
    with pytest.raises(KeyboardInterrupt):
        running.run(experiment(arms), lab(tmp_path / "out"), "course experiment sample", record=record)
    stored = reading.read("sample", record)
    assert stored["missing"] == ["second"] and stored["arms"] == {"first": arm(0.5)}
    assert stored["command"] == "course experiment sample" and "torch" in stored["versions"]

    arms = {"first": lambda lab: pytest.fail("done already"), "second": lambda lab: arm(0.7)}
    again = running.run(experiment(arms), lab(tmp_path / "out"), "course experiment sample")
    assert again["missing"] == [] and list(again["arms"]) == ["first", "second"]


def test_another_machine_goes_on_from_the_record(tmp_path):
    package, terms = tmp_path / "package", {"epochs by labels": {10: 60}, "sizes": (96, 128)}
    arms = {"a": lambda lab: arm(0.5), "b": lambda lab: arm(0.6)}
    known = replace(experiment(arms), terms=terms)
    running.run(known, lab(tmp_path / "here"), "", only=("a",), record=package)
    there = lab(tmp_path / "there")
    again = replace(known, arms={"a": lambda lab: pytest.fail("recorded already"), "b": arms["b"]})
    running.run(again, there, "", record=package)
    assert list(reading.read("sample", package)["arms"]) == ["a", "b"]
    other = replace(known, terms={**terms, "sizes": (96,)}, arms={"a": lambda lab: arm(0.4)})
    with pytest.raises(CourseError, match=r"other terms(.|\n)*move that file away"):
        running.run(other, lab(tmp_path / "other terms"), "", record=package)
    with pytest.raises(CourseError, match="other data"):
        running.run(known, Lab("cifar10", tmp_path / "other data"), "", record=package)
    assert list(reading.read("sample", package)["arms"]) == ["a", "b"]


def test_each_arm_keeps_the_machine_that_measured_it(tmp_path, monkeypatch):
    package, arms = tmp_path / "package", {"a": lambda lab: arm(0.5), "b": lambda lab: arm(0.6)}

    def at(machine: str, *only: str) -> dict:
        monkeypatch.setattr(running, "describe_machine", lambda: machine)
        return running.run(
            experiment(arms), lab(tmp_path / machine), f"on {machine}", only=only, record=package
        )

    at("one", "a")
    both = at("two")
    assert both["machine"] == "two" and "made" not in both["arms"]["b"]
    assert both["arms"]["a"]["made"]["machine"] == "one" and both["arms"]["a"]["made"]["command"] == "on one"
    assert at("three") == both  # nothing was measured there


def test_a_run_that_came_to_nothing_leaves_the_folder_free(tmp_path):
    def unreadable(lab):
        raise DataError("no data.")

    with pytest.raises(DataError):
        running.run(experiment({"a": unreadable}), Lab("typo.zip", tmp_path), "")
    running.run(experiment({"a": lambda lab: arm(0.5)}), Lab("right.zip", tmp_path), "")
    with pytest.raises(CourseError, match="holds results on other data"):
        running.run(experiment({"a": unreadable}), Lab("typo.zip", tmp_path), "")


def test_hot_dogs_are_taken_whole_and_must_be_there(monkeypatch):
    def load(source, *, val, size):
        own = Splits(tiny_images(30), tiny_images(12 if val is None else val), tiny_images(18))
        cut = Splits(tiny_images(30 - (val or 3)), tiny_images(val or 3), tiny_images(18))
        named = own if source == "three" else cut
        classes = ("hotdog", "b", "c") if source != "pets" else ("cat", "b", "c")
        return replace(named, train=replace(named.train, classes=classes))

    monkeypatch.setattr(hotdog, "load_data", load)
    assert len(hotdog.photographs(Lab("three", None))) == 60
    assert len(hotdog.photographs(Lab("two", None))) == 48
    with pytest.raises(DataError, match="no class 'hotdog'"):
        hotdog.photographs(Lab("pets", None))


def test_a_stopped_run_takes_no_arm_from_the_record(tmp_path):
    """An arm that stands and comes later in the list is in the record all the time."""

    def stop(lab):
        raise KeyboardInterrupt

    arms = {"a": stop, "b": stop, "c": lambda lab: arm(0.7)}
    record = tmp_path / "package"
    running.run(experiment(arms), lab(tmp_path / "out"), "", only=("c",), record=record)
    with pytest.raises(KeyboardInterrupt):
        running.run(experiment({**arms, "a": lambda lab: arm(0.5)}), lab(tmp_path / "out"), "", record=record)
    assert list(reading.read("sample", record)["arms"]) == ["a", "c"]


def test_results_on_other_data_are_not_taken_for_these(tmp_path):
    running.run(experiment({"a": lambda lab: arm(0.5)}), Lab("one.zip", tmp_path), "")
    with pytest.raises(CourseError, match="holds results on other data") as problem:
        running.run(experiment({"a": lambda lab: arm(0.6)}), Lab("two.zip", tmp_path), "")
    assert "one.zip" in str(problem.value) and "--out" in str(problem.value)


def test_some_arms_alone(tmp_path):
    arms = {"a": lambda lab: arm(0.5), "b": lambda lab: arm(0.6), "c": lambda lab: arm(0.7)}
    record = running.run(experiment(arms), lab(tmp_path), "", only=("b",))
    assert list(record["arms"]) == ["b"]
    record = running.run(experiment(arms), lab(tmp_path), "", only=("c",))
    assert list(record["arms"]) == ["b", "c"]
    with pytest.raises(CourseError, match="no arm 'd'"):
        running.run(experiment(arms), lab(tmp_path), "", only=("d",))


def test_cartoons_are_not_recorded(tmp_path):
    with pytest.raises(DataError):
        running.run(experiment({}), Lab("cartoons", tmp_path), "", record=tmp_path)


def test_every_experiment_is_listed_and_its_arms_have_folders_of_their_own():
    listed = CliRunner().invoke(app, ["experiment"])
    assert listed.exit_code == 0
    for name, found in EXPERIMENTS.items():
        assert name in listed.output and found.question in listed.output
        assert len({running.folder_name(a) for a in found.arms}) == len(found.arms)
        assert json.loads(json.dumps(found.terms)) == found.terms
    assert CliRunner().invoke(app, ["experiment", "nobody"]).exit_code == 2


def test_every_photograph_is_tested_once(monkeypatch):
    images = tiny_images(50, classes=2)
    monkeypatch.setattr(hotdog, "photographs", lambda lab: images)
    tested = []
    for number in range(hotdog.FOLDS):
        splits = hotdog.fold(None, number)
        parts = [p.images.flatten(1).tolist() for p in (splits.train, splits.val, splits.test)]
        assert [len(p) for p in parts] == [30, 10, 10]
        assert splits.test.labels.bincount().tolist() == [5, 5]
        tested += parts[2]
        assert len({tuple(pixels) for part in parts for pixels in part}) == 50
    assert sorted(tested) == sorted(images.images.flatten(1).tolist())


def test_folds_of_unequal_size_test_each_photograph_once(monkeypatch):
    monkeypatch.setattr(hotdog, "photographs", lambda lab: tiny_images(52, classes=2))
    splits = hotdog.fold(None, 0)
    images = {name: len(getattr(splits, name)) for name in ("train", "val", "test")}
    assert images["test"] * hotdog.FOLDS != 52 == hotdog.as_folds({"images": images})["images"]["test"]


def test_equal_seconds_need_the_arms_at_equal_epochs(tmp_path):
    with pytest.raises(CourseError, match="has not run yet"):
        duel.measure_seconds("ResNet-18", "AlexNet, one linear layer", "x", lab(tmp_path / "arm"))


def test_in_equal_seconds_the_quicker_has_more_epochs(tmp_path, monkeypatch):
    """Both are timed in turn, and the seconds are kept, so that a stopped run goes on with as many epochs."""
    clock = iter([9, 99, *[2, 5] * 3])  # the first round does not count

    def timed(model, splits, recipe, preprocess, progress):
        assert {len(splits.train), recipe.epochs} == {50, 1}
        return tiny_history(next(clock))

    for name in ("quick", "slow"):
        monkeypatch.setitem(duel.NETWORKS, name, (lambda seed, images, start: tiny_model(seed=seed), None))
    monkeypatch.setattr(duel, "fit", timed)
    monkeypatch.setattr(duel, "load", lambda lab, seed: tiny_splits())
    monkeypatch.setattr(duel, "normalise", lambda size: PREPROCESS)
    beside = tmp_path / running.folder_name(duel.arm_name("quick", "x")) / "arm.json"
    beside.parent.mkdir()
    beside.write_text(json.dumps({"result": {"rate": 0.01}}))
    for _ in range(2):
        found = duel.measure_seconds("quick", "slow", "x", lab(tmp_path / "arm"))
        assert found["timed"] == {"quick": 2, "slow": 5}
        assert found["stages"][0]["epochs"] == [15]
        assert found["rate"] == 0.01 and found["grid_terms"] == "no choice"


def tiny_history(seconds: float) -> History:
    history = History("tiny", 50, 50, 0, batch_size=10)
    history.records.append(EpochRecord(1, 0, 0.1, 1.0, 0.5, 1.0, 0.5, seconds))
    return history


def test_votes_of_many_neighbours_at_once():
    generator = torch.Generator().manual_seed(0)
    known, new = torch.randn(60, 8, generator=generator), torch.randn(20, 8, generator=generator)
    of = torch.arange(60) % 5
    for k, votes in start.votes(known, of, new, [1, 5, 20]).items():
        assert torch.allclose(votes, neighbour_votes(known, of, new, k), atol=1e-6)


def record_of(curves: dict[str, dict[int, list[float]]]) -> dict:
    named = {labels.arm_name(m, n): {"test": s} for m, c in curves.items() for n, s in c.items()}
    return {"arms": named}


def test_labels_that_a_start_is_worth_as_a_number_with_a_range():
    tuned, scratch = labels.METHODS[2:]
    record = record_of(
        {
            tuned: {10: [0.4, 0.5]},
            scratch: {10: [0.2, 0.2], 50: [0.3, 0.3], 100: [0.45, 0.45], 500: [0.6, 0.6]},
        }
    )
    factor, low, high = labels.worth(record, tuned, 100)
    assert low < factor < high and factor == pytest.approx(10) and low == pytest.approx(5 * 2 ** (2 / 3))
    assert math.isnan(labels.worth(record, labels.METHODS[0], 100)[0])  # not measured
    assert labels.worth(record, tuned, 100, factor=lambda better, plain, n: better[n]) == (0.45, 0.4, 0.5)


def test_the_worth_in_words_has_a_range_and_a_bound_where_scratch_does_not_get_there():
    tuned, scratch = labels.METHODS[2:]
    plain = {10: [0.2, 0.2], 100: [0.4, 0.4], 1_000: [0.5, 0.6]}  # by labels a class, of ten
    record = record_of({tuned: {10: [0.3, 0.4], 50: [0.7, 0.7], 100: [0.5, 0.55]}, scratch: plain})
    assert labels.told(record, tuned, 100) == "5.6 times (3.2 to 10.0)"
    assert labels.told(record, tuned, 500) == "more than 20 times"
    assert labels.told(record, tuned, 1_000) == "6.8 times (3.2 to more than 10)"


def test_the_printed_colour_jitter_and_rotation_are_torchvisions():
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(4, 3, 8, 8, generator=generator)
    amounts = torch.tensor([-0.1, 0.02, 0.1, 0.4])
    four = amounts.view(-1, 1, 1, 1)
    turned, grey = printed.turn_hue(x, four), printed.grey(x)
    rotated = printed.rotate(x, amounts)
    faded = printed.blend(x, grey, 1 + four)
    flat = printed.blend(x, grey.mean(dim=(2, 3), keepdim=True), 1 + four)
    for i, amount in enumerate(amounts.tolist()):
        one = x[i : i + 1]
        assert torch.allclose(turned[i], T.adjust_hue(one, amount)[0], atol=1e-5)
        assert torch.allclose(rotated[i], T.rotate(one, math.degrees(amount))[0])
        assert torch.allclose(faded[i], T.adjust_saturation(one, 1 + amount)[0], atol=1e-4)
        assert torch.allclose(flat[i], T.adjust_contrast(one, 1 + amount)[0], atol=1e-4)


def test_the_printed_augmentation_draws_for_each_image():
    images = tiny_images(1).images.repeat(16, 1, 1, 1)
    out = printed.PrintedAugment(pad=1)(images, torch.Generator().manual_seed(0))
    assert out.shape == images.shape and 0 <= out.min() and out.max() <= 255
    assert len({tuple(image.flatten().tolist()) for image in out}) == 16


def test_the_printed_augmentation_stays_on_the_device_of_its_images():
    images = torch.zeros(4, 3, 32, 32, dtype=torch.uint8, device="meta")
    assert printed.PrintedAugment()(images, torch.Generator()).device.type == "meta"
