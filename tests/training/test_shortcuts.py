"""The shortcuts compute the same: outputs, gradients, state dict."""

import copy

import pytest
import torch
from torch import nn
from torchvision.models import alexnet

from course_utils.errors import CourseError
from course_utils.models.alexnet import fold_repeating_pool
from course_utils.models.building import build_model
from course_utils.models.heads import find_head
from course_utils.training.convolutions import LiveTapsConv, first_taps, use_live_taps


def gradients(model: nn.Module, x: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    model.zero_grad()
    logits = model(x)
    nn.functional.cross_entropy(logits, torch.arange(len(x)) % 10).backward()
    return logits.detach(), {name: p.grad.clone() for name, p in model.named_parameters()}


@pytest.mark.parametrize("size", [32, 64, 40])
def test_live_taps_give_the_same_outputs_and_gradients(size):
    plain = build_model("resnet18", seed=1).double()
    fast = copy.deepcopy(plain)
    assert use_live_taps(fast) == 17  # all but the three 1x1 ones, which have no padding
    x = torch.randn(8, 3, size, size, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    (expected, wanted), (logits, found) = gradients(plain, x), gradients(fast, x)
    assert torch.allclose(logits, expected, atol=1e-9)
    assert all(torch.allclose(found[name], g, atol=1e-9) for name, g in wanted.items())
    assert list(found) == list(wanted)


def test_at_32_pixels_layer3_and_layer4_see_whole_maps():
    model, seen = build_model("resnet18"), {}
    use_live_taps(model)
    for name, conv in model.named_modules():
        if isinstance(conv, LiveTapsConv):
            conv.register_forward_hook(
                lambda m, inputs, _, name=name: seen.update(
                    {name: [first_taps(m, inputs[0], a) for a in (0, 1)]}
                )
            )
    model(torch.zeros(2, 3, 32, 32))
    products = {name: taps[0] for name, taps in seen.items() if taps != [None, None]}
    assert all(rows == columns for rows, columns in seen.values())
    assert products == {
        **dict.fromkeys(["layer3.0.conv2", "layer3.1.conv1", "layer3.1.conv2"], [1, 0]),
        **dict.fromkeys(["layer4.0.conv1", "layer4.0.conv2", "layer4.1.conv1", "layer4.1.conv2"], [1]),
    }


def test_gradients_lie_in_memory_as_channels_last_weights_do():
    model = build_model("resnet18").to(memory_format=torch.channels_last)
    use_live_taps(model)
    model(torch.randn(4, 3, 32, 32)).sum().backward()
    assert all(p.grad.stride() == p.stride() for p in model.parameters())


def test_the_parameters_stay_the_same_objects_and_each_convolution_is_replaced_once():
    model = build_model("resnet18", stem="conv3x3")
    parameters, state, head = list(model.parameters()), list(model.state_dict()), find_head(model)
    assert use_live_taps(model) > 0
    assert [id(p) for p in model.parameters()] == [id(p) for p in parameters]
    assert list(model.state_dict()) == state and find_head(model) is head
    assert use_live_taps(model) == 0


KERNELS = [(3, 1, 1), (3, 2, 1), (5, 1, 2), (7, 2, 3), (5, 3, 1), (3, 1, 2), (2, 2, 1)]
MAPS = [(size, *kernel) for size in (1, 2, 3, 5) for kernel in KERNELS if size + 2 * kernel[2] >= kernel[0]]


@pytest.mark.parametrize("size, kernel, stride, padding", MAPS)
def test_any_kernel_on_any_map(size, kernel, stride, padding):
    plain = nn.Sequential(nn.Conv2d(4, 6, kernel, stride, padding).double())
    fast = copy.deepcopy(plain)
    assert use_live_taps(fast) == 1
    x = torch.randn(3, 4, size, size, dtype=torch.double)
    assert torch.allclose(fast(x), plain(x), atol=1e-12) and fast(x).shape == plain(x).shape


def test_no_images_give_no_outputs():
    model = nn.Sequential(nn.Conv2d(4, 6, 3, padding=1))
    use_live_taps(model)
    assert model(torch.zeros(0, 4, 1, 1)).shape == (0, 6, 1, 1)


def test_rows_and_columns_may_differ():
    plain = nn.Sequential(nn.Conv2d(4, 6, (3, 5), (2, 1), (1, 2)).double())
    fast = copy.deepcopy(plain)
    use_live_taps(fast)
    x = torch.randn(3, 4, 2, 3, dtype=torch.double)
    assert [first_taps(fast[0], x, axis) for axis in (0, 1)] == [[1], [2, 1, 0]]
    assert torch.allclose(fast(x), plain(x), atol=1e-12)


@pytest.mark.parametrize(
    "settings",
    [
        {"groups": 2, "padding": 1},
        {"padding": 0},
        {"padding": 2, "dilation": 2},
        {"padding": "same"},
        {"padding": 1, "padding_mode": "circular"},
    ],
)
def test_other_convolutions_stay_as_they_are(settings):
    assert use_live_taps(nn.Sequential(nn.Conv2d(4, 6, 3, **settings))) == 0


def small_alexnet(dropout=0.5):
    model = alexnet(num_classes=10, dropout=dropout)
    model.features[0] = nn.Conv2d(3, 64, 3, padding=1)
    model.features[2] = nn.MaxPool2d(2, 2)
    return model


def test_the_folded_pool_gives_the_same_outputs_and_features():
    plain = small_alexnet().eval()
    folded = copy.deepcopy(plain)
    assert fold_repeating_pool(folded) == (9216 - 2304) * 4096
    x = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(folded(x), plain(x), atol=1e-5)
    assert folded.classifier[1].in_features == 2304
    assert not torch.allclose(folded.train()(x), folded.train()(x)), "dropout should still be at work"


@pytest.mark.slow
def test_the_folded_pool_passes_the_same_gradient_down():
    plain = small_alexnet(dropout=0.0).double()
    folded = copy.deepcopy(plain)
    fold_repeating_pool(folded.float()) and folded.double()
    folded.load_state_dict({**plain.state_dict(), "classifier.1.weight": folded.classifier[1].weight})
    x = torch.randn(2, 3, 32, 32, dtype=torch.double)
    (_, wanted), (_, found) = gradients(plain, x), gradients(folded, x)
    assert torch.allclose(found["features.3.weight"], wanted["features.3.weight"], atol=1e-6)


@pytest.mark.parametrize(
    "model, size", [(small_alexnet(), 64), (build_model("resnet18"), 32), (alexnet(), 224)]
)
def test_a_pool_that_does_more_is_refused(model, size):
    with pytest.raises(CourseError):
        fold_repeating_pool(model, size)
