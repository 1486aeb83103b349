"""Weight gradients by one product: the same numbers, and only where they are meant."""

import pytest
import torch
from tiny import PREPROCESS, tiny_images, tiny_model
from torch import nn

from course_utils.models.building import build_model
from course_utils.models.freezing import freeze_backbone
from course_utils.training import convolutions
from course_utils.training.convolutions import SmallMapGradients, weight_gradient
from course_utils.training.loop import Stepper, train_epoch
from course_utils.training.recipe import Phase, Recipe


def gradients(model: nn.Module, x: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    model.zero_grad()
    logits = model(x)
    nn.functional.cross_entropy(logits, torch.arange(len(x)) % 10).backward()
    return logits.detach(), {name: p.grad for name, p in model.named_parameters() if p.requires_grad}


@pytest.fixture
def products(monkeypatch):
    """The shapes of the output gradients that went through the product."""
    seen = []

    def spy(x, g, *settings):
        seen.append(tuple(g.shape))
        return weight_gradient(x, g, *settings)

    monkeypatch.setattr(convolutions, "weight_gradient", spy)
    monkeypatch.setattr(convolutions, "MOST_PLACES", 4)
    return seen


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 5), (4, 3)])
@pytest.mark.parametrize(
    "kernel, stride, padding",
    [((3, 3), (1, 1), (1, 1)), ((3, 3), (2, 2), (1, 1)), ((5, 3), (2, 1), (2, 1)), ((2, 2), (2, 2), (1, 1))],
)
def test_it_is_the_gradient_for_any_kernel_stride_and_padding(size, kernel, stride, padding):
    x, weight = torch.randn(3, 4, *size).double(), torch.randn(6, 4, *kernel).double()
    g = torch.randn_like(nn.functional.conv2d(x, weight, None, stride, padding))
    expected = torch.nn.grad.conv2d_weight(x, weight.shape, g, stride, padding)
    found = weight_gradient(x, g, kernel, stride, padding)
    assert torch.allclose(found, expected, atol=1e-12) and found.shape == weight.shape


def test_a_resnet_gets_the_same_outputs_and_gradients(products):
    model = build_model("resnet18", seed=1).to(memory_format=torch.channels_last)
    x = torch.randn(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    expected, wanted = gradients(model, x)
    assert not products
    with SmallMapGradients():
        logits, found = gradients(model, x)
    assert sorted(products) == 4 * [(16, 256, 2, 2)] + 4 * [(16, 512, 1, 1)]
    assert torch.equal(logits, expected) and list(found) == list(wanted)
    for name, g in wanted.items():
        assert (found[name] - g).norm() <= 1e-4 * g.norm(), name
        assert found[name].stride() == dict(model.named_parameters())[name].stride()


def test_biases_get_their_gradient(products):
    model = nn.Sequential(nn.Conv2d(3, 10, 3, padding=1), nn.Flatten())
    x = torch.randn(4, 3, 1, 1)
    _, wanted = gradients(model, x)
    with SmallMapGradients():
        _, found = gradients(model, x)
    assert products and all(torch.allclose(found[n], g, atol=1e-6) for n, g in wanted.items())


@pytest.mark.parametrize(
    "conv, size",
    [
        (nn.Conv2d(4, 4, 3, padding=1), 3),  # a larger map
        (nn.Conv2d(4, 4, 1), 1),  # a single tap: a product already
        (nn.Conv2d(4, 4, 3, padding=1, groups=2), 1),
        (nn.Conv2d(4, 4, 3, padding=2, dilation=2), 1),
        (nn.Conv2d(4, 4, 3, padding="same"), 1),
        (nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular"), 3),
        (nn.Conv2d(4, 4, 3, padding=1).double(), 1),
    ],
)
def test_other_convolutions_are_left_alone(products, conv, size):
    x = torch.randn(2, 4, size, size, dtype=conv.weight.dtype)
    with SmallMapGradients():
        conv(x).sum().backward()
    assert not products and conv.weight.grad is not None


def test_no_work_for_frozen_weights_and_none_in_half_precision(products):
    model = build_model("resnet18")
    freeze_backbone(model)
    with SmallMapGradients():
        gradients(model, torch.randn(2, 3, 32, 32))
        conv = nn.Conv2d(4, 4, 3, padding=1)
        with torch.autocast("cpu", torch.bfloat16):
            conv(torch.randn(2, 4, 1, 1)).sum().backward()
    assert not products and conv.weight.grad is not None


def test_an_epoch_takes_that_way(products, monkeypatch):
    monkeypatch.setattr(convolutions, "MOST_PLACES", 64)
    model, recipe = tiny_model(), Recipe((Phase(1, 0.01),), 16)
    stepper = Stepper(model, recipe.phases[0], recipe)
    train_epoch(model, tiny_images(32), recipe, PREPROCESS, stepper, torch.Generator())
    assert products == 2 * [(16, 8, 8, 8)]
