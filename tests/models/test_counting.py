"""Counting what a network costs, against hand calculation and torchvision's published numbers."""

import pytest
import torch
from torch import nn
from torchvision.models import get_model_weights

from course_utils.errors import CourseError
from course_utils.models import cost
from course_utils.zoo import building, entries


def stock(name: str, classes: int = 1000) -> nn.Module:
    return cost.on_meta(lambda: building.build(name, classes, size=entries.find(name).size))


# One of each family of torchvision; Transformers among them, whose attention a CPU's counter misses.
@pytest.mark.parametrize(
    "name",
    ["AlexNet", "VGG16", "GoogLeNet", "ResNet-18", "ResNet-50", "DenseNet-121", "MobileNet v2",
     "MobileNet v3 Large", "EfficientNet B0", "ConvNeXt-T", "ViT-B/16 (1k)", "Swin-T"],
)  # fmt: skip
def test_multiply_adds_are_within_two_per_cent_of_the_published(name):
    entry = entries.find(name)
    published = get_model_weights(entry.builder)[entry.tag].meta["_ops"]
    assert cost.multiply_adds(stock(name), entry.size) / 1e9 == pytest.approx(published, rel=0.02)


def test_multiply_adds_by_hand():
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.Flatten(), nn.Linear(8 * 16, 5))
    assert cost.multiply_adds(model, 4) == 16 * 8 * 27 + 128 * 5


def test_attention_of_a_timm_transformer_is_counted():
    dim, depth, tokens = 192, 12, 197
    block = tokens * 12 * dim * dim + 2 * tokens * tokens * dim
    by_hand = 196 * dim * 3 * 256 + depth * block + 1000 * dim
    assert cost.multiply_adds(stock("DeiT-Ti"), 224) == by_hand


def test_attention_is_counted_on_a_cpu_too():
    model = building.build("DeiT-Ti", size=32)
    on_meta = cost.on_meta(lambda: building.build("DeiT-Ti", size=32))
    assert cost.multiply_adds(model.eval(), 32) == cost.multiply_adds(on_meta, 32)


def test_meta_models_hold_no_numbers_and_are_in_eval_mode():
    model = stock("VGG16")
    assert not model.training and all(p.is_meta for p in model.parameters())


@pytest.mark.parametrize(
    "name, size, side",
    [
        ("ResNet-18", 224, 7),
        ("ResNet-18", 32, 1),
        ("DeiT-Ti", 32, 8),
        ("Swin-T", 224, 7),
        ("Swin-B (22k)", 32, 2),
    ],
)
def test_last_map(name, size, side):
    model = cost.on_meta(lambda: building.build(name, size=size))
    assert cost.last_map(model, size) == (side, side)
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize("name, smallest", [("AlexNet", 63), ("DenseNet-121", 29), ("ResNet-18", 1)])
def test_smallest_input(name, smallest):
    model = stock(name)
    assert cost.smallest_input(model, 224) == smallest
    assert cost.accepts(model, smallest)
    assert smallest == 1 or not cost.accepts(model, smallest - 1)


def test_smallest_input_needs_a_size_that_works():
    with pytest.raises(CourseError, match="refuses 5 pixels"):
        cost.smallest_input(nn.Conv2d(3, 4, 7), 5)
    assert cost.smallest_input(nn.Conv2d(3, 4, 7), 100) == 7


def test_a_parameter_that_goes_into_a_layer_is_no_obstacle():
    class Pooling(nn.Module):
        """As SigLIP's: a learned query meets the tokens."""

        def __init__(self):
            super().__init__()
            self.query, self.layer = nn.Parameter(torch.ones(1, 3)), nn.Linear(3, 5)

        def forward(self, x):
            return self.layer(self.query) + x

    assert cost.forward_flops(Pooling(), torch.zeros(1, 5)) == 2 * 3 * 5


def test_attention_of_pytorch_counts_on_a_cpu_as_on_meta():
    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.MultiheadAttention(8, 4, batch_first=True)

        def forward(self, x):
            return self.layer(x, x, x, need_weights=False)

    by_hand = 2 * (4 * 5 * 8**2 + 2 * 5**2 * 8)
    assert cost.forward_flops(Attention(), torch.zeros(1, 5, 8)) == by_hand
    on_meta = cost.on_meta(Attention)
    assert cost.forward_flops(on_meta, torch.zeros(1, 5, 8, device="meta")) == by_hand


def test_every_model_of_the_zoo_with_a_query_of_its_own_is_counted():
    entry = entries.find("SigLIP 2 ViT-B/16")
    model = cost.on_meta(lambda: building.build(entry.name, num_classes=10, size=entry.size))
    assert cost.multiply_adds(model, entry.size) > 15e9
