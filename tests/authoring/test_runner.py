"""Headless runs: parameters, pages, the table, failures, Ctrl-C, and what may be recorded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from courses import SAMPLE
from headless import ends, write

from course_utils.authoring import running
from course_utils.authoring.source import instructor_notebook, read_source
from course_utils.data.loading import refuse_cartoons
from course_utils.errors import DataError

pytestmark = pytest.mark.slow

PARAMETERS = {
    "budget": "smoke",
    "data": "real photos",
    "weights": "small",
    "seed": 3,
    "overrides": {"extra": 4},
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample chapter, run after one that fails; what was reported; the folder."""
    course = tmp_path_factory.mktemp("runs")
    bad = write(course, "89_bad", "1 + 1", "raise ValueError('first line\\nsecond')", "open('after', 'w')")
    good = course / "solutions" / "90_sample" / "90_sample.ipynb"
    good.parent.mkdir()
    good.write_text(instructor_notebook(read_source(SAMPLE, "1")), encoding="utf-8")
    lines: list[str] = []
    runs = running.run_all(running.Job([bad, good], course / "out", PARAMETERS), lines.append)
    return runs, lines, course


def test_a_failure_does_not_stop_the_others(sample):
    runs, _, course = sample
    assert [run.result for run in runs] == ["In [4]: ValueError: first line", "ok"]
    assert [run.passed for run in runs] == [False, True]
    assert not (course / "out" / "89_bad.files").exists()  # stopped there, and cleaned up


def test_a_line_before_and_after_each_notebook(sample):
    _, lines, _ = sample
    assert lines[0] == "[1/2] 89_bad ..." and lines[2] == "[2/2] 90_sample ..."
    assert lines[1].startswith("      In [4]: ValueError") and lines[3].startswith("      ok, ")


def test_parameters_reach_the_notebook_and_results_come_back(sample):
    facts = sample[0][1].facts
    assert facts["results"] == {"total": 7}
    assert {k: facts[k] for k in ("budget", "data", "weights", "seed")} == {
        k: PARAMETERS[k] for k in ("budget", "data", "weights", "seed")
    }


def test_notebooks_and_pages_are_kept_failed_ones_too(sample):
    _, _, course = sample
    names = {p.name for p in (course / "out").iterdir()}
    assert names == {
        "89_bad.ipynb",
        "89_bad.html",
        "90_sample.ipynb",
        "90_sample.html",
        "90_sample.json",
    }
    assert "ValueError" in (course / "out" / "89_bad.html").read_text(encoding="utf-8")
    assert not list((course / "solutions").rglob("after"))


def test_the_table_has_a_row_for_each(sample):
    head, _, bad, good = running.summary(sample[0]).split("\n")
    assert head.split() == ["notebook", "data", "weights", "seconds", "result"]
    assert bad.startswith("89_bad") and "ValueError" in bad
    assert "real photos" in good and good.endswith("ok")


@pytest.mark.parametrize("every, least, most", [(30.0, 1, 3), (0.0, 10, 99)])
def test_it_is_written_now_and_then_not_twice_a_cell(tmp_path, monkeypatch, every, least, most):
    from papermill import engines

    from course_utils.authoring import engine

    write_ipynb, lengths = engines.write_ipynb, []

    def counted(notebook, path):
        write_ipynb(notebook, path)
        lengths.append(os.path.getsize(path))

    monkeypatch.setattr(engines, "write_ipynb", counted)
    monkeypatch.setattr(engine, "SAVE_EVERY", every)
    path = write(tmp_path, "96_five", *(f"print('cell {n}')" for n in range(5)))
    run = running.run_one(path, tmp_path / "out", {})
    assert run.passed and least <= len(lengths) <= most
    executed = nbformat.read(tmp_path / "out" / "96_five.ipynb", as_version=4)
    assert executed.cells[-1].outputs[0].text == "cell 4\n"


def test_an_error_behind_raises_exception_still_fails_the_run(tmp_path):
    path = write(tmp_path, "91_tagged", "1 / 0", "print('reached')", tags=("raises-exception",))
    run = running.run_one(path, tmp_path / "out", {})
    assert run.result == "In [2]: ZeroDivisionError: division by zero"
    assert "reached" in (tmp_path / "out" / "91_tagged.html").read_text(encoding="utf-8")


def test_the_first_of_several_errors_is_told(tmp_path):
    cells = ("raise SystemExit(0)", "1 / 0", "later")
    path = write(tmp_path, "91_several", *cells, tags=("raises-exception",))
    run = running.run_one(path, tmp_path / "out", {})
    assert run.result == "In [3]: ZeroDivisionError: division by zero"


def test_a_dead_kernel_is_a_failed_run(tmp_path):
    path = write(tmp_path, "92_dead", "import os; os._exit(1)")
    run = running.run_one(path, tmp_path / "out", {})
    assert run.result.startswith("DeadKernelError")


def test_a_notebook_cannot_write_next_to_its_source(tmp_path):
    path = write(tmp_path, "93_writes", "open('checkpoint.pt', 'w').close()")
    running.run_one(path, tmp_path / "out", {})
    assert [p.name for p in path.parent.iterdir()] == ["93_writes.ipynb"]
    assert (tmp_path / "out" / "93_writes.files" / "checkpoint.pt").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals are a POSIX matter")
def test_ctrl_c_keeps_what_has_run_and_leaves_no_kernel_behind(tmp_path):
    write(
        tmp_path,
        "94_slow",
        "import os; open('pid', 'w').write(str(os.getpid())); print('kept')",
        "import time; open('asleep', 'w').close(); time.sleep(60)",
    )
    write(tmp_path, "95_next", "1")
    command = [sys.executable, "-m", "course_utils.cli", "run", "--jobs", "1", "--out", "out"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    files = tmp_path / "out" / "94_slow.files"
    while not (files / "asleep").exists():
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 1, stderr
    assert "94_slow" in stdout and "interrupted" in stdout and "95_next" not in stdout
    assert "Traceback" not in stderr
    assert "kept" in (tmp_path / "out" / "94_slow.html").read_text(encoding="utf-8")
    assert ends(int((files / "pid").read_text()), seconds=20)


FACTS = {
    "notebook": "90_sample",
    "budget": "cpu",
    "data": "CIFAR-10",
    "weights": "small",
    "seed": 0,
    "results": {"a": [0.5]},
}


def test_an_end_before_the_first_cell_is_a_failed_run(tmp_path, monkeypatch):
    import papermill

    def out_of_time(*_, **__):
        raise TimeoutError

    notebook = write(tmp_path, "92_never", "1")
    monkeypatch.setattr(papermill, "execute_notebook", out_of_time)
    assert running.run_one(notebook, tmp_path / "out", {}).result == "TimeoutError: "


def test_a_record_says_where_it_comes_from(tmp_path):
    run = running.Run("90_sample", 61.4, "ok", FACTS)
    path = running.record(run, "course run 90_sample --budget cpu", tmp_path)
    assert path.name == "90_sample.cpu.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    assert {k: content[k] for k in FACTS} == FACTS
    assert content["command"] == "course run 90_sample --budget cpu" and content["seconds"] == 61
    assert set(content["versions"]) == {"python", "torch", "torchvision"}
    assert f"{os.cpu_count()} cores" in content["machine"]
    assert os.uname().nodename not in content["machine"] and "/" not in content["machine"].replace("w/", "")


@pytest.mark.parametrize(
    "run",
    [
        running.Run("a", 1, "ok", {**FACTS, "data": "drawn cartoons"}),
        running.Run("a", 1, "ok", {**FACTS, "data": "drawn cartoons, 200 images"}),
        running.Run("a", 1, "In [2]: ValueError", FACTS),
        running.Run("a", 1, "ok", {**FACTS, "results": {}}),
        running.Run("a", 1, "ok"),
    ],
)
def test_cartoons_failures_and_silence_are_not_recorded(tmp_path, run):
    with pytest.raises(DataError):
        running.record(run, "course run", tmp_path)
    assert not list(tmp_path.iterdir())


def test_some_results_of_a_later_run_are_renewed_and_the_others_stay(tmp_path):
    first = running.Run("90_sample", 61.4, "ok", {**FACTS, "results": {"a": [0.5], "b": [0.1]}})
    later = running.Run("90_sample", 7.0, "ok", {**FACTS, "results": {"a": [0.6], "b": [0.2]}})
    running.record(first, "course run 90_sample", tmp_path)
    path = running.record(later, "course run 90_sample --set x=1", tmp_path, only=["b"])
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["results"] == {"a": [0.5], "b": [0.2]} and content["command"] == "course run 90_sample"
    assert content["renewed"]["b"]["command"] == "course run 90_sample --set x=1"
    with pytest.raises(DataError, match="not recorded"):
        running.record(later, "course run", tmp_path, only=["c"])
    other = running.Run("91_other", 7.0, "ok", {**FACTS, "results": {"b": [0.2]}})
    with pytest.raises(DataError, match="91_other has no record to renew"):
        running.record(other, "course run", tmp_path, only=["b"])
    photos = running.Run("90_sample", 7.0, "ok", {**later.facts, "data": "photos.zip"})
    with pytest.raises(DataError, match=r"other data(.|\n)*photos.zip"):
        running.record(photos, "course run", tmp_path, only=["b"])


def test_recording_cartoons_is_refused_before_the_run(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    for data in ("cartoons", "auto"):
        with pytest.raises(DataError, match="not recorded"):
            refuse_cartoons(data)
    refuse_cartoons("photos.zip")
