"""The update of the weights: torch's fused optimizers, which we use, against its plain ones."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F

from course_utils.models.building import build_model
from course_utils.training.convolutions import SmallMapGradients, use_live_taps
from course_utils.training.device import channels_last
from course_utils.training.loop import Stepper
from course_utils.training.optimizer import parameter_groups
from course_utils.training.recipe import Phase, Recipe

PLAIN = {
    "adamw": lambda groups: torch.optim.AdamW(groups, fused=False, foreach=False),
    "adam": lambda groups: torch.optim.Adam(groups, fused=False, foreach=False),
    "sgd": lambda groups: torch.optim.SGD(groups, momentum=0.9, nesterov=True, fused=False, foreach=False),
}


@pytest.mark.parametrize("live_taps", [False, True])
@pytest.mark.parametrize("name", PLAIN)
def test_a_fused_update_is_the_plain_one(name, live_taps):
    """On a CPU the fused ones read memory in its own order: a gradient must lie there as its weights do."""
    torch.manual_seed(0)
    model = build_model("resnet18").to(memory_format=torch.channels_last)
    if live_taps:
        use_live_taps(model)
    plain = copy.deepcopy(model)
    recipe = Recipe((Phase(1, 0.1),), batch_size=4, optimizer=name, weight_decay=0.1)
    stepper = Stepper(model, recipe.phases[0], recipe)
    optimizer = PLAIN[name](parameter_groups(plain, 0.1, 0.1, 0.1))
    for _ in range(3):
        with SmallMapGradients():
            logits = model(channels_last(torch.randn(4, 3, 32, 32)))
        stepper.step(F.cross_entropy(logits, torch.arange(4)), 1.0)
        for ours, theirs in zip(model.parameters(), plain.parameters()):
            theirs.grad = ours.grad.clone()
        optimizer.step()
    for (layer, ours), theirs in zip(model.named_parameters(), plain.parameters()):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5, msg=lambda m, n=layer: f"{n}: {m}")
