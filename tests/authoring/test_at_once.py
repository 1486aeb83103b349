"""Several notebooks at a time: together, in order, with Ctrl-C, and when a process is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from headless import ends, write

from course_utils.authoring import at_once
from course_utils.authoring.running import Job

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="signals are a POSIX matter")]

MEETS = """
import pathlib, time
pathlib.Path("../{own}").touch()
while not pathlib.Path("../{other}").exists():
    time.sleep(0.05)
"""
SLEEPS = "import os, time; open('pid', 'w').write(str(os.getpid())); print('kept'); time.sleep(60)"


def test_notebooks_run_together_and_one_that_fails_or_is_killed_stops_no_other(tmp_path):
    first = write(tmp_path, "81_first", MEETS.format(own="a", other="b"), "raise ValueError('no')")
    second = write(tmp_path, "82_second", MEETS.format(own="b", other="a"))
    killed = write(tmp_path, "83_killed", "import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
    lines: list[str] = []
    runs = at_once.run_all(Job([first, second, killed], tmp_path / "out", {}), 2, lines.append)
    assert [run.notebook for run in runs] == ["81_first", "82_second", "83_killed"]
    assert [run.result for run in runs[:2]] == ["In [3]: ValueError: no", "ok"]
    assert runs[2].result == "its process ended with code -9"
    assert lines[:2] == ["[1/3] 81_first ...", "[2/3] 82_second ..."]
    assert sum(line.startswith("      82_second: ok, ") for line in lines) == 1
    assert (tmp_path / "out" / "82_second.html").exists()


def test_ctrl_c_ends_all_that_run_and_begins_no_other(tmp_path):
    for name in ("84_slow", "85_slow", "86_next"):
        write(tmp_path, name, SLEEPS)
    command = [sys.executable, "-m", "course_utils.cli", "run", "--out", "out"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    pids = [tmp_path / "out" / f"{name}.files" / "pid" for name in ("84_slow", "85_slow")]
    while not all(pid.exists() and pid.read_text() for pid in pids):
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 1, stderr
    assert stdout.count("slow: interrupted") == 2 and "86_next" not in stdout
    assert "Traceback" not in stderr
    assert "kept" in (tmp_path / "out" / "84_slow.html").read_text(encoding="utf-8")
    for pid in pids:
        assert ends(int(pid.read_text()), seconds=20)


def test_what_is_timed_for_a_record_runs_alone(tmp_path):
    write(tmp_path, "87_any", "1")
    command = [sys.executable, "-m", "course_utils.cli", "run", "--jobs", "2", "--record", "--data", "x.zip"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and "--jobs" in done.stderr
