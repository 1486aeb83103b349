"""What is recorded says where it comes from, and is real data."""

import json

import pytest

from course_utils.analysis.arms import Arm
from course_utils.course.recorded import FOLDER, read

FILES = sorted(FOLDER.glob("*.json"))


def test_chapter_03_is_recorded():
    value, facts = read("03_resnet18_finetune", "control")
    names = [Arm.from_dict(arm).name for arm in value["arms"]]
    assert names == ["from scratch", "fine-tuned", "linear probe"]
    assert "results" not in facts


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_record_carries_its_conditions(path):
    content = json.loads(path.read_text(encoding="utf-8"))
    assert {"data", "weights", "budget", "seed", "machine", "versions", "command", "seconds"} <= set(content)
    assert "cartoons" not in content["data"]
    assert path.name == f"{content['notebook']}.{content['budget']}.json"
    assert "/" not in content["command"].replace("--", "")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_recorded_arm_has_seeds_and_images(path):
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    arms = [
        Arm.from_dict({k: v for k, v in a.items() if k != "ms_per_image"})
        for r in results.values()
        for a in r.get("arms", ())
    ]
    assert arms and all(0 < a.low <= a.high <= 1 and a.n_images >= 100 for a in arms)
