"""Multiply-adds and memory of a training step against published and hand-counted numbers."""

from collections import OrderedDict

import pytest
import torch
from tiny import tiny_model
from torch import nn
from torchvision import models as zoo

from course_utils.models.cost import (
    MIB,
    accepts,
    activation_bytes,
    last_map,
    map_sides,
    multiply_adds,
    on_meta,
    smallest_input,
    training_mib,
)
from course_utils.models.freezing import count_parameters


@pytest.mark.parametrize("name, giga", [("resnet18", 1.814), ("alexnet", 0.714)])
def test_multiply_adds_agree_with_torchvision(name, giga):
    with torch.device("meta"):
        model = zoo.get_model(name)
    assert multiply_adds(model, 224) / 1e9 == pytest.approx(giga, rel=0.005)
    assert model.training


def test_activations_of_resnet18_at_32_pixels():
    model = zoo.resnet18(num_classes=10)
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    assert activation_bytes(model, 32) / MIB == pytest.approx(0.44, abs=0.02)
    assert all(torch.equal(buffer, before[name]) for name, buffer in model.named_buffers())


def test_memory_is_four_numbers_a_parameter_and_the_batch():
    model = tiny_model()
    parts = 16 * count_parameters(model) + 5 * activation_bytes(model, 8)
    assert training_mib(model, 8, 5) == pytest.approx(parts / MIB)


def test_a_network_of_shapes_alone_keeps_what_a_real_one_keeps():
    on_paper = on_meta(tiny_model).train()
    assert activation_bytes(on_paper, 8) == activation_bytes(tiny_model(), 8) > 0
    assert training_mib(on_meta(zoo.resnet18), 64, 8) == pytest.approx(192.2, abs=0.05)


def test_only_maps_have_a_side():
    layers = {"conv": nn.Conv2d(3, 5, 3), "flatten": nn.Flatten(), "head": nn.Linear(180, 2)}
    assert map_sides(nn.Sequential(OrderedDict(layers)), 8) == {"input": 8, "conv": 6}


def test_asking_for_sizes_leaves_a_network_in_training_mode_as_it_is():
    model = zoo.resnet18(num_classes=10)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert last_map(model, 32) == (1, 1) and accepts(model, 1) and smallest_input(model, 64) == 1
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
