"""The set-up of a notebook, and results kept and shown."""

import json
from dataclasses import replace

import pytest

from course_utils import plots
from course_utils.analysis.arms import Arm
from course_utils.course import recorded
from course_utils.errors import DataError
from course_utils.notebook import answer_of, show_arms, start, try_yours, yours_or
from course_utils.tables import percent

NAME = "03_resnet18_finetune"


@pytest.fixture
def session(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "results.json"))
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    return start(NAME, "1.0.0", data="/nowhere", weights="/nowhere", budget="gpu")


def test_while_grading_only_embedded_data_and_weights_count(session, capsys):
    assert session.budget == "grade"
    assert session.splits.name == "drawn cartoons"
    assert session.weights.name == "Tiny ImageNet (small)"
    assert len(session.splits.train) == session.plan.data.train


def test_another_version_of_the_course_is_named(monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    start(NAME, "0.1")
    assert "this notebook is of version 0.1" in capsys.readouterr().out


def test_results_are_kept_with_the_facts_of_the_run(session, tmp_path):
    session.keep("a", {"x": 1})
    session.keep("b", [1, 2])
    content = json.loads((tmp_path / "results.json").read_text())
    assert content["results"]["a"] == {"x": 1} and content["results"]["b"] == [1, 2]
    assert (content["data"], content["budget"], content["seed"]) == ("drawn cartoons", "grade", 0)


def test_recorded_results_are_shown_as_such(session, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    arm = {"name": "probe", "scores": [0.5, 0.6], "n_images": 100, "lr": 0.1, "seconds": 2.0}
    facts = {"data": "CIFAR-10", "weights": "small", "machine": "a CPU"}
    content = {**facts, "results": {"control": {"arms": [arm]}}}
    recorded.write_json(tmp_path / f"{NAME}.cpu.json", content)
    session.show_recorded("control")
    session.show_recorded("nothing")
    printed = capsys.readouterr().out
    assert "Recorded, not yours: CIFAR-10, small, a CPU." in printed
    assert "probe    55.0 %      2  50.0 to 60.0       100 images    0.1" in printed
    assert session.recorded("control")["arms"] == [arm]
    assert "no recorded result for 'nothing'" in printed


def test_a_result_of_other_weights_than_its_run_says_so(session, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    facts = {"data": "CIFAR-10", "weights": "small", "machine": "a CPU"}
    win = {"weights": "Lite0", "accuracy": 0.8}
    recorded.write_json(tmp_path / f"{NAME}.cpu.json", {**facts, "results": {"win": win}})
    session.show_recorded("win")
    printed = capsys.readouterr().out
    assert "Recorded, not yours: CIFAR-10, Lite0, a CPU." in printed
    assert "accuracy" in printed and printed.count("Lite0") == 1
    assert session.recorded_from("win") in printed


def test_another_notebook_s_record_can_be_read(session, monkeypatch, tmp_path):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    recorded.write_json(tmp_path / "01_concepts.cpu.json", {"results": {"a": {"x": 1}}})
    assert session.recorded("a", "01_concepts") == {"x": 1}
    with pytest.raises(DataError, match="nothing is recorded as 'a' in 03(.|\n)*do this:  record it before"):
        session.recorded("a")


def test_every_recorded_result_can_be_shown(session, monkeypatch, capsys):
    for file in sorted(recorded.FOLDER.glob("*.json")):
        notebook = file.stem.partition(".")[0]
        for name in json.loads(file.read_text(encoding="utf-8"))["results"]:
            replace(session, notebook=notebook).show_recorded(name)
    assert "no recorded result" not in capsys.readouterr().out


def test_a_record_says_where_it_comes_from_and_gives_its_scores_by_line_and_place(
    session, monkeypatch, tmp_path
):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    facts = {"data": "CIFAR-10", "weights": "small", "machine": "a CPU"}
    arms = [{"name": f"{line}, {n} labels", "scores": [n / 10, 0.5]} for line in ("a", "b") for n in (1, 2)]
    result = {"arms": arms, "n_train": 10}
    recorded.write_json(tmp_path / f"{NAME}.cpu.json", {**facts, "results": {"amounts": result}})
    lines = session.recorded_lines("amounts")
    assert lines["b"] == {"1 labels": (0.1, 0.5), "2 labels": (0.2, 0.5)} and [*lines] == ["a", "b"]
    told = session.recorded_from("amounts")
    assert told == "Recorded, not yours: CIFAR-10, 10 training images, small, a CPU."
    assert session.recorded_from("nothing") == "No recorded 'nothing'."


def test_recorded_curves_come_in_the_order_of_the_arms(session, monkeypatch, tmp_path):
    """Colours go by order, and should be those of one's own figure."""
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    drawn = []
    monkeypatch.setattr(plots, "show", lambda figure: None)
    monkeypatch.setattr(plots, "learning_curves", lambda curves, **_: drawn.extend(curves))
    arms = [
        {"name": name, "scores": [0.5, 0.6], "n_images": 100} for name in ("scratch", "fine-tuned", "probe")
    ]
    curves = {"fine-tuned": [[0.2, 0.5]], "scratch": [[0.1, 0.2]]}
    facts = {"data": "CIFAR-10", "weights": "small", "machine": "a CPU", "classes": 10}
    result = {"arms": arms, "curves": curves, "n_train": 10}
    recorded.write_json(tmp_path / f"{NAME}.cpu.json", {**facts, "results": {"race": result}})
    session.show_recorded("race")
    assert drawn == ["scratch", "fine-tuned"]


def test_nothing_is_written_without_the_variable(session, monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_RESULTS")
    (tmp_path / "results.json").unlink()
    session.keep("a", 1)
    assert not (tmp_path / "results.json").exists()


@pytest.mark.parametrize(
    "more, title, chance",
    [
        ({"message": "A is ahead on test"}, "Recorded: validation accuracy by epoch", 0.1),
        ({"message": "A fits more", "measured": "training error"}, "A fits more", 0.9),
    ],
)
def test_recorded_curves_say_what_they_show(session, monkeypatch, tmp_path, more, title, chance):
    """A sentence on test scores is no title over validation curves; guessing has an error, too."""
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    told = {}
    monkeypatch.setattr(plots, "show", lambda figure: None)
    monkeypatch.setattr(plots, "learning_curves", lambda curves, **how: told.update(how))
    arms = [{"name": "scratch", "scores": [0.5, 0.6], "n_images": 100}]
    result = {"arms": arms, "curves": {"scratch": [[0.1, 0.2]]}, "n_train": 10, **more}
    facts = {"data": "CIFAR-10", "weights": "small", "machine": "a CPU", "classes": 10}
    recorded.write_json(tmp_path / f"{NAME}.cpu.json", {**facts, "results": {"race": result}})
    session.show_recorded("race")
    assert told["title"] == title and told["chance"] == pytest.approx(chance)


def test_arms_are_shown_as_a_table(capsys):
    show_arms([Arm("probe", (0.5,), 1000), Arm("tuned", (0.5, 0.6), 1000, 0.01)], "Cartoons")
    printed = capsys.readouterr().out
    assert printed.startswith("Cartoons\n") and "one run" in printed
    assert "tuned    55.0 %      2  50.0 to 60.0       1,000 images  0.01" in printed


def test_epochs_of_an_experiment_are_read_run_by_run(session):
    runs, phases = session.evidence_by_epoch("s0", "as printed, small weights")
    assert len(runs[0]) == sum(phases) and all(0 < value < 1 for value in runs[0])


def test_runs_on_different_terms_are_rows_of_one_table(session):
    (row,) = session.evidence_runs({"in two sizes": ("start", "partial fine-tuning")})
    assert (row["run"], row["pixels"], row["epochs"]) == ("in two sizes", "96, then 144", 3)
    (row,) = session.evidence_runs({"as it is": ("s0", "ours, small weights")})
    assert (row["pixels"], row["epochs"], row["test accuracy"]) == ("32", 40, percent(0.8491))


def unanswered() -> None:
    raise NotImplementedError


def wrong() -> None:
    raise KeyError("n")


@pytest.mark.parametrize(
    "ask, told",
    [
        (lambda: print(7), "7\n"),
        (unanswered, "your answer is still open: nothing to show here\n"),
        (wrong, "your answer cannot be used yet: KeyError: 'n'\n"),
    ],
)
def test_an_answer_that_cannot_be_used_stops_nothing(ask, told, capsys):
    try_yours(ask)
    assert capsys.readouterr().out == told


@pytest.mark.parametrize(
    "ask, given, told",
    [
        (lambda: 7, 7, ""),
        (unanswered, 8, "your answer is still open: the package's takes its place\n"),
        (wrong, 8, "your answer cannot be used yet (KeyError: 'n'): the package's takes its place\n"),
    ],
)
def test_what_cannot_be_used_is_replaced(ask, given, told, capsys):
    assert yours_or(ask, lambda: 8) == given
    assert capsys.readouterr().out == told


def test_an_answer_in_a_table_is_its_text_or_says_that_it_is_open():
    def open_answer():
        raise NotImplementedError

    assert answer_of(lambda: 1 + 1) == "2"
    assert answer_of(open_answer) == "still open"
    assert answer_of(lambda: 1 / 0) == "cannot be used yet: ZeroDivisionError"
