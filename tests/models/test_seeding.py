"""Random weights by seed, and the caller's numbers left alone."""

import torch
from torch.random import fork_rng

from course_utils.models.building import build_model, seeded


def test_the_same_seed_gives_the_same_numbers_as_manual_seed_does():
    with fork_rng(devices=[]):
        torch.manual_seed(3)
        expected = torch.rand(4)
    with seeded(3):
        assert torch.equal(torch.rand(4), expected)


def test_the_caller_goes_on_as_before():
    before = torch.get_rng_state()
    build_model("resnet18", seed=7)
    assert torch.equal(torch.get_rng_state(), before)


def test_no_gpu_is_started_or_seeded(monkeypatch):
    def refuse(*_):
        raise AssertionError("a GPU was asked")

    for name in ("manual_seed_all", "manual_seed", "get_rng_state", "_lazy_init"):
        monkeypatch.setattr(torch.cuda, name, refuse)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    build_model("resnet18", seed=7)
