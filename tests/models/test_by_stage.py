"""Stages of a backbone: shapes of their maps, their weights, and the ones that meet only padding."""

import pytest
import torch

from course_utils.errors import CourseError
from course_utils.models import build_alexnet, build_model, count_parameters, find_weights, stages


def test_maps_and_weights_of_resnet18_at_32_pixels():
    model = build_model("resnet18", None, 10)
    found = stages(model, 32, "resnet18")
    assert [(s.channels, s.side) for s in found] == [(64, 8), (64, 8), (128, 4), (256, 2), (512, 1)]
    assert sum(s.parameters for s in found) == count_parameters(model) - 5_130


def test_a_map_of_one_pixel_leaves_eight_taps_of_nine_idle():
    model = build_model("resnet18", None, 10)
    *others, last = stages(model, 32, "resnet18")
    assert {s.idle for s in others} == {0}
    assert last.idle == 512 * 512 * 8 * 3 + 256 * 512 * 5  # the first convolution sees 2x2 pixels
    assert {s.idle for s in stages(model, 64, "resnet18")} == {0}


def test_alexnet_has_no_idle_weights_and_the_model_stays_as_it_is():
    model = build_alexnet(None, 10).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    found = stages(model, 64, "alexnet")
    assert [(s.channels, s.side, s.idle) for s in found] == [
        (64, 7, 0), (192, 3, 0), (384, 3, 0), (256, 3, 0), (256, 1, 0)]  # fmt: skip
    assert model.training and all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_what_a_network_has_learned_makes_no_weight_idle():
    trained = build_model("resnet18", find_weights("small"), 10)
    assert [s.idle for s in stages(trained, 32, "resnet18")] == [
        s.idle for s in stages(build_model("resnet18"), 32, "resnet18")]  # fmt: skip


def test_an_architecture_without_known_stages_is_refused():
    with pytest.raises(CourseError, match=r"no stages are known of 'resnet34'(.|\n)*resnet18, alexnet"):
        stages(build_model("resnet18", None, 10), 64, "resnet34")
