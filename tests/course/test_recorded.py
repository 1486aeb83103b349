"""What is recorded says where it comes from, and is real data."""

import json

import pytest

from course_utils.analysis.arms import Arm
from course_utils.course import recorded
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
        Arm.from_dict({k: v for k, v in a.items() if k not in ("ms_per_image", "grid")})
        for r in results.values()
        for a in r.get("arms", ())
    ]
    assert arms and all(0 < a.low <= a.high <= 1 and a.n_images >= 100 for a in arms)


def test_a_renewed_result_has_the_facts_of_its_own_run(tmp_path, monkeypatch):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    old = {"command": "course run", "seconds": 9, "data": "CIFAR-10", "results": {"a": 1, "b": 2}}
    recorded.write_json(tmp_path / "90_sample.cpu.json", old)
    recorded.renew(tmp_path / "90_sample.cpu.json", {"b": 3, "c": 4}, {"command": "later", "seconds": 5})
    assert read("90_sample", "a") == (1, {"command": "course run", "seconds": 9, "data": "CIFAR-10"})
    assert read("90_sample", "b") == (3, {"command": "later", "seconds": 5, "data": "CIFAR-10"})
    assert read("90_sample", "c") == (4, {"command": "later", "seconds": 5, "data": "CIFAR-10"})


def test_a_result_is_read_from_the_largest_budget_that_has_it(tmp_path, monkeypatch):
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    recorded.write_json(tmp_path / "90_sample.cpu.json", {"budget": "cpu", "results": {"a": 1, "b": 2}})
    recorded.write_json(tmp_path / "90_sample.gpu.json", {"budget": "gpu", "results": {"a": 3}})
    assert read("90_sample", "a") == (3, {"budget": "gpu"})
    assert read("90_sample", "b") == (2, {"budget": "cpu"})
    assert read("90_sample", "c") is None
