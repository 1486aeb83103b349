"""From a cold cache to the first figure: what a first look costs."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tomllib

import pytest

from course_utils.cartoons.generation import FEW
from course_utils.course.budget import TABLE

FIRST = """
from course_utils import plots
from course_utils.notebook import start
session = start("03_resnet18_finetune", "1", budget="smoke", data="cartoons", weights="small")
plots.class_samples(session.splits.train, per_class=8)
"""
SECONDS = 10


@pytest.mark.slow
def test_it_takes_less_than_ten_seconds_at_smoke(tmp_path):
    """Of the processor's time: what a quiet machine takes at most, whatever else runs on this one."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    env = os.environ | {"COURSE_DATA": str(tmp_path), "OMP_WAIT_POLICY": "PASSIVE"}
    subprocess.run([sys.executable, "-c", FIRST], env=env, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < SECONDS
    assert list(tmp_path.glob("arrays/*")), "the cache was warm"


def test_no_chapter_draws_many_pictures_at_smoke():
    budgets = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    drawn = {n: sum(t["data"]["smoke"].values()) for n, t in budgets.items() if "data" in t}
    assert len(drawn) == 5 and max(drawn.values()) <= 2 * FEW, drawn
