"""Presets, overrides, and the promise that a preset changes numbers only."""

import tomllib

import pytest

from course_utils.authoring.running import SET_UP
from course_utils.course.budget import PRESETS, TABLE, choose_preset, load_plan
from course_utils.errors import CourseError

CHAPTERS = tomllib.loads(TABLE.read_text())
MINUTES = CHAPTERS.pop("minutes")
SECONDS = CHAPTERS.pop("seconds", {})
EXPERIMENTS = [
    (notebook, name, presets)
    for notebook, experiments in CHAPTERS.items()
    for name, presets in experiments.items()
]


@pytest.mark.parametrize("notebook, name, presets", EXPERIMENTS)
def test_every_preset_has_the_same_numbers(notebook, name, presets):
    assert set(presets) == set(PRESETS)
    assert len({tuple(sorted(p)) for p in presets.values()}) == 1


def test_the_minutes_of_every_chapter_are_told():
    assert set(MINUTES) == set(CHAPTERS)
    assert all({"smoke", "cpu"} <= set(times) <= {"smoke", "cpu", "gpu"} for times in MINUTES.values())


@pytest.mark.parametrize("notebook", SECONDS)
def test_the_seconds_are_those_of_the_experiments_and_of_the_minutes(notebook):
    assert set(SECONDS[notebook]) == {SET_UP, *CHAPTERS[notebook]} - {"data"}
    assert sum(SECONDS[notebook].values()) / 60 == pytest.approx(MINUTES[notebook]["cpu"], rel=0.3, abs=0.5)


def test_grading_wins_over_everything(monkeypatch):
    assert choose_preset("smoke") == "smoke"
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert choose_preset("gpu") == "grade"


def test_auto_is_what_the_machine_has():
    assert choose_preset("auto", has_gpu=True) == "gpu"
    assert choose_preset("auto", has_gpu=False) == "cpu"


def test_unknown_presets_and_overrides_say_what_there_is():
    with pytest.raises(CourseError, match="auto, smoke, cpu, gpu, grade"):
        choose_preset("fast")
    with pytest.raises(CourseError, match="plateau.epochs"):
        load_plan("03_resnet18_finetune", "smoke", {"plateau.epoch": 3})


def test_overrides_change_one_experiment_or_all():
    one = load_plan("03_resnet18_finetune", "smoke", {"plateau.epochs": 60})
    assert one.plateau.epochs == 60 and one.control.epochs != 60
    every = load_plan("03_resnet18_finetune", "smoke", {"epochs": 7})
    assert every.plateau.epochs == every.control.epochs == every.photos.epochs == 7


@pytest.mark.parametrize(
    "key, value",
    [
        *(("data.train", value) for value in (-5, 0, "many", True, 2.5, None, float("nan"))),
        *(("data.size", value) for value in ("64px", 64.0, -5)),
        ("control.rates", []),
        ("control.rates", [0.1, "fast"]),
        ("control.rates", [0.1, -0.1]),
        ("control.rates", 0.1),
    ],
)
def test_a_value_that_no_number_there_could_have_is_refused(key, value):
    with pytest.raises(CourseError, match=f"{key} cannot be"):
        load_plan("03_resnet18_finetune", "smoke", {key: value})


def test_values_of_the_right_kind_are_taken():
    overrides = {"data.size": 64, "control.rates": [1, 0.01], "plateau.epochs": 7}
    plan = load_plan("03_resnet18_finetune", "smoke", overrides)
    assert (plan.data.size, plan.control.rates, plan.plateau.epochs) == (64, [1, 0.01], 7)


@pytest.mark.parametrize("preset", PRESETS)
def test_each_seed_of_the_stems_draws_other_images(preset):
    plan = load_plan("04_alexnet_comparison", preset)
    assert plan.stems.seeds == 1 or plan.stems.train < plan.data.train
