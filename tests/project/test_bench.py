"""`course bench`: runs at tiny sizes, measures in turn, and reports what it measured."""

import importlib
import re
import subprocess
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import pytest
import torch
from courses import ROOT
from tiny import tiny_images, tiny_model, tiny_splits
from torchvision.models import resnet18

from course_utils.analysis.arms import Arm
from course_utils.errors import WeightsError
from course_utils.models.weights import find_weights, imagenet_file
from course_utils.training.evaluation import evaluate
from course_utils.training.recipe import Phase, Recipe

sys.path.insert(0, str(ROOT / "benchmarks"))
import measure
import recipes
import report
import training
import tutorial

ARCH = ("resnet18", "evaluate", "probe")


@pytest.mark.parametrize("file", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda file: file.stem)
def test_what_a_benchmark_imports_is_there(file):
    """Also in the programs that it starts, whose text no other tool reads."""
    for module, names in re.findall(r"^from (course_utils[\w.]*) import ([\w, ]+)$", file.read_text(), re.M):
        for name in names.split(", "):
            assert hasattr(importlib.import_module(module), name) or find_spec(f"{module}.{name}"), name


def bench(*words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "course_utils.cli", "bench", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.slow
def test_quick_rows_are_measured_and_written(tmp_path):
    out = tmp_path / "R.md"
    result = bench("--quick", "--rows", ",".join(ARCH), "--images", "64", "--out", str(out))
    assert result.returncode == 0, result.stderr
    page = out.read_text()
    for row in ARCH:
        assert f"## {training.ROWS[row]}" in page
    for path in ("ours, batch 256", "ours, live taps, batch 256", "ours, the same with live taps"):
        assert f"| {path} |" in page
    assert "has not been run" in page or torch.cuda.is_available() or report.GPU_PAGE.exists()
    assert "Tiny sizes" in page and str(tmp_path) not in page and "not finished" not in page
    assert "course bench --rows resnet18,evaluate,probe" in page


@pytest.mark.slow
def test_a_wrong_row_is_a_mistyped_command():
    result = bench("--rows", "resnet19")
    assert result.returncode == 2 and "resnet19" in result.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.slow
def test_gpu_without_one_is_exit_code_3():
    result = bench("--gpu", "--quick")
    assert result.returncode == 3 and result.stderr.startswith("EnvironmentProblem: no CUDA device")


def test_arms_are_measured_in_turn(monkeypatch):
    clock, calls = iter(range(1000)), []
    monkeypatch.setattr(measure, "seconds_of", lambda work: (work(), float(next(clock)) + 1)[1])
    arms = [measure.Arm(name, lambda name=name: calls.append(name), images=10) for name in "ab"]
    first, second = measure.in_turn(arms, 3)
    assert calls == list("abbaab")
    assert first.seconds == (3, 6, 7) and second.seconds == (4, 5, 8) and first.ratio == 1
    assert second.ratio == pytest.approx(7 / 8) and second.rate == 2


def test_a_missed_goal_is_said():
    arms = [measure.Arm("them", print, 10), measure.Arm("ours", print, 10, flop=2.0, goal=2.0)]
    timings = [
        measure.Timing(arms[0], (4.0,), 1.0, 0.0, 0.5),
        measure.Timing(arms[1], (3.0,), 4 / 3, 0.0, 0.6),
    ]
    text = report.section("Row", timings, limit=10.0, repeats=1)
    assert "| ours | 3 (3 to 3) | 1.33 | 2: **missed** | 67% | 60.0% |" in text


def test_the_tutorial_loop_learns():
    images, model = tiny_images(60), tiny_model()
    images = type(images)(images.images.repeat(1, 1, 4, 4), images.labels, images.classes, images.name)
    batches, optimizer = tutorial.loader(images, augment=True), torch.optim.Adam(model.parameters(), lr=0.03)
    losses = [tutorial.train_epoch(model, batches, optimizer, "cpu")[0] for _ in range(12)]
    assert losses[-1] < losses[0]
    assert 0.5 < tutorial.evaluate(model, tutorial.loader(images, augment=False), "cpu") <= 1


@pytest.mark.slow
def test_the_gpu_command_runs_as_far_as_a_cpu_can_from_every_start(tmp_path, monkeypatch):
    """All of it but the GPU; ImageNet's weights are stood in for by random ones where torch keeps them."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    imagenet_file("resnet18").parent.mkdir(parents=True)
    torch.save(resnet18(num_classes=1000).state_dict(), imagenet_file("resnet18"))
    monkeypatch.setattr(training, "insist_on_gpu", lambda device: None)
    monkeypatch.setattr(training, "load_data", lambda *_, **__: tiny_splits(64))
    out = tmp_path / "R.md"
    words = ["--gpu", "--quick", "--rows", "import", "--starts", "none,small,imagenet", "--out", str(out)]
    training.main(words)
    page = out.read_text()
    recipes_page = page[page.index("## Recipes on noise with a tint") :]
    names = ("| stock", "| 3x3", "| ours")
    rows = [line.split(" | ") for line in recipes_page.splitlines() if line.startswith(names)]
    starts = [row[1] for row in rows]
    assert starts == 3 * ["from scratch", "Tiny ImageNet (small)", find_weights("imagenet").name]
    assert [row[-1] for row in rows] == 3 * ["86.08% |"] + 3 * ["94.91% |"] + 3 * [" |"]
    assert [row[2] for row in rows[:6]] == 3 * ["0.001"] + 3 * ["0.01"]
    assert all(row[2].endswith(" of 3") for row in rows[6:])
    assert "is no reproduction" in recipes_page and "`course bench --gpu --quick" in page
    assert recipes_page.count("undecided at this budget") == 6  # one seed decides nothing


def test_a_failure_late_in_a_run_loses_nothing_that_was_measured(tmp_path, monkeypatch):
    def run_row(row, plan, size, limit):
        if row == "evaluate":
            raise RuntimeError("the card is gone")
        return f"## {row}"

    monkeypatch.setattr(training, "run_row", run_row)
    out = tmp_path / "R.md"
    with pytest.raises(RuntimeError):
        training.main(["--quick", "--rows", "resnet18,evaluate", "--out", str(out)])
    assert "## resnet18" in out.read_text() and "not finished" in out.read_text()


def test_missing_weights_are_noticed_before_anything_is_measured(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(training, "insist_on_gpu", lambda device: None)
    monkeypatch.setattr(training, "run_row", lambda *_: pytest.fail("measured"))
    with pytest.raises(WeightsError, match="fetch"):
        training.main(["--gpu", "--quick", "--starts", "none,imagenet", "--out", str(tmp_path / "R.md")])


def test_a_gpu_takes_real_images_and_a_page_of_its_own(tmp_path, monkeypatch):
    assert training.parse(["--gpu"]).data == "cifar10" and training.parse([]).data == "cartoons"
    splits, cpu, gpu = tiny_splits(64), torch.device("cpu"), torch.device("cuda")
    assert [report.page_of(device).name for device in (cpu, gpu)] == ["RESULTS.md", "RESULTS-GPU.md"]
    monkeypatch.setattr(report, "GPU_PAGE", tmp_path / "RESULTS-GPU.md")

    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Some Card")

    def page(device):
        return report.page(["## A row"], splits, device, (1e9, 2e9), "course bench", 1.0, "cpu")

    assert "has not been run" in page(cpu)
    report.GPU_PAGE.touch()
    assert "has not been run" not in page(cpu)
    assert (
        "Some Card, beside " in page(gpu)
        and "trains in 16 bits" in page(gpu)
        and "in 16 bits" not in page(cpu)
    )


def test_the_recipes_are_those_of_the_tutorials():
    stock, small_stem = (trial for trial in recipes.TRIALS if trial.claim)
    assert [trial.recipe(0.1).epochs for trial in (stock, small_stem)] == [40, 20]
    assert stock.recipe(1e-3) == Recipe((Phase(40, 1e-3),), 64, "adamw", schedule="plateau")
    assert small_stem.recipe(0.01).optimizer == "sgd" and small_stem.stem == "conv3x3"
    assert stock.rates == (1e-3,) and small_stem.rates == (0.01,) and recipes.SEEDS == 3


@pytest.fixture
def looks(monkeypatch):
    """The images that were evaluated by the recipes themselves (``fit`` sees to val)."""
    looked = []

    def note(model, images, preprocess):
        looked.append(images)
        return evaluate(model, images, preprocess)

    monkeypatch.setattr(recipes, "evaluate", note)
    return looked


@pytest.mark.slow
def test_test_images_are_read_once_for_each_run(looks):
    splits = tiny_splits(64)
    recipes.section(splits, {"none": None}, quick=True)
    assert len(looks) == len(recipes.TRIALS)
    assert all(torch.equal(images.images, splits.test.images) for images in looks)


def test_the_rate_is_the_best_on_validation_with_the_first_seed(looks, monkeypatch):
    runs, on_val = [], {0.03: 0.4, 0.1: 0.9, 0.3: 0.6}

    def train(trial, weights, splits, rate, seed):
        runs.append((rate, seed, len(looks)))
        return tiny_model(), SimpleNamespace(best_val_accuracy=on_val[rate], seconds=1.0)

    monkeypatch.setattr(recipes, "train", train)
    result = recipes.run_trial(recipes.TRIALS[2], None, tiny_splits(64), seeds=2)
    assert runs == [(0.03, 0, 0), (0.1, 0, 0), (0.3, 0, 0), (0.1, 1, 0)], "seed 0 is not trained again"
    assert result.arm.lr == 0.1 and len(result.arm.scores) == len(looks) == 2


def test_every_start_is_compared_with_the_first():
    def result(trial, start, *scores):
        return recipes.Result(trial, Arm(start, scores, 10_000), (1.0,))

    one, other = recipes.TRIALS[:2]
    lines = recipes.compared(
        [
            result(one, "scratch", 0.80, 0.81),
            result(one, "small", 0.90, 0.91),
            result(other, "scratch", 0.80, 0.82),
            result(other, "small", 0.81, 0.83),
        ]
    )
    assert lines[0].startswith(f"{one.name}: small is 10.0 points ahead of scratch") and len(lines) == 2
    assert "undecided" in lines[1]


def test_results_of_a_real_run_are_committed():
    pages = [report.PAGE, *([report.GPU_PAGE] if report.GPU_PAGE.exists() else [])]
    for page in (page.read_text() for page in pages):
        assert "Tiny sizes" not in page and "not finished" not in page


@pytest.mark.slow
def test_upstream_weights_are_compared_on_validation_images():
    command = [
        sys.executable,
        "benchmarks/upstream.py",
        "--data",
        "cartoons",
        "--train",
        "40",
        "--val",
        "30",
        "--epochs",
        "1",
        "small",
        "small",
    ]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "linear probe, small: " in result.stdout and "fine-tuned, small: " in result.stdout
    assert "3 seeds" in result.stdout and "30 images" in result.stdout
