"""What a model was is remembered: each way to leave it otherwise is told, by the name of the place."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn.modules import module as everywhere

from course_utils.checks import Kept, empty_is_nan


def see(*_: object) -> None:
    """A hook that changes nothing."""


def model() -> nn.Sequential:
    net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.ReLU())
    net[0].register_forward_hook(see)
    return net


def hook_anew(net: nn.Module) -> None:
    """The same function again, in the place of the one that was there."""
    net[0]._forward_hooks.clear()
    net[0].register_forward_hook(see)


def hook_exchanged(net: nn.Module) -> None:
    """Another function under the same handle."""
    (handle,) = net[0]._forward_hooks
    net[0]._forward_hooks[handle] = lambda *_: None


CHANGES: dict[str, Callable[[nn.Module], object]] = {
    "0: hooks": lambda net: net[0].register_forward_pre_hook(see),
    "2: hooks": lambda net: net[2].register_full_backward_pre_hook(see),
    "2: layer": lambda net: net.__setitem__(2, nn.ReLU()),
    "1: mode": lambda net: net[1].eval(),
    "2: inplace": lambda net: setattr(net[2], "inplace", True),
    "2: forward": lambda net: setattr(net[2], "forward", net[2].forward),
    "2: _seen": lambda net: setattr(net[2], "_seen", {}),
    "0.weight": lambda net: nn.init.zeros_(net[0].weight),
    "0.weight: parameter": lambda net: setattr(net[0], "weight", nn.Parameter(net[0].weight.detach())),
    "0.weight: requires_grad": lambda net: net[0].weight.requires_grad_(False),
    "0.weight: gradient": lambda net: setattr(net[0].weight, "grad", torch.zeros(2, 3)),
    "0.weight: attributes": lambda net: setattr(net[0].weight, "in_head", True),
    "1.running_mean": lambda net: net[1].running_mean.add_(1),
}


def test_nothing_is_told_where_nothing_was_done():
    net = model()
    kept = Kept(net)
    net(torch.randn(2, 3)) if not net.training else net.eval()(torch.randn(2, 3))
    net.train()
    net[2].register_forward_hook(see).remove()
    copy.deepcopy(net).zero_grad()
    assert kept.changes() == []


@pytest.mark.parametrize("fact", CHANGES)
def test_a_change_is_told(fact):
    net = model()
    kept = Kept(net)
    CHANGES[fact](net)
    assert fact in kept.changes()


@pytest.mark.parametrize("change", [hook_anew, hook_exchanged])
def test_it_counts_which_hook_is_there(change):
    net = model()
    kept = Kept(net)
    change(net)
    assert kept.changes() == ["0: hooks"]


def test_a_hook_for_all_modules_is_told():
    kept = Kept(model())
    handle = everywhere.register_module_forward_hook(see)
    try:
        assert kept.changes() == ["all modules: hooks"]
    finally:
        handle.remove()
    assert kept.changes() == []


def test_memory_that_nobody_filled_is_nan_within_and_torch_is_as_before_behind():
    before = torch.are_deterministic_algorithms_enabled()
    with pytest.raises(KeyError), empty_is_nan():
        assert torch.empty(3, 2).isnan().all() and torch.Tensor(4).isnan().all()
        assert not nn.Linear(3, 2).weight.isnan().any()
        raise KeyError
    assert torch.are_deterministic_algorithms_enabled() == before
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
