"""AlexNet for small images: stems, what is loaded, what is new."""

import pytest
import torch

from course_utils.errors import CourseError
from course_utils.models.alexnet import build_alexnet
from course_utils.models.building import build_model, describe_start, new_layers
from course_utils.models.freezing import count_parameters, freeze_backbone
from course_utils.models.stems import ALEXNET_STEMS, adapt_stem, resample
from course_utils.models.weights import find_weights


@pytest.fixture(scope="module")
def small():
    return find_weights("small", "alexnet")


def test_the_stock_stem_needs_63_pixels(small):
    model = build_alexnet(small).eval()
    with torch.inference_mode():
        assert model(torch.zeros(1, 3, 63, 63)).shape == (1, 10)
        with pytest.raises(RuntimeError, match="too small"):
            model(torch.zeros(1, 3, 62, 62))


@pytest.mark.parametrize("stem", ALEXNET_STEMS[1:])
def test_other_stems_accept_32_pixels_and_end_in_3x3(small, stem):
    model = build_alexnet(small, stem=stem).eval()
    with torch.inference_mode():
        assert model.features(torch.zeros(2, 3, 32, 32)).shape == (2, 256, 3, 3)
        assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    for name, tensor in model.state_dict().items():
        if name.startswith("features.") and not name.startswith("features.0."):
            assert torch.equal(tensor, small.state[name].float())


def test_what_each_stem_keeps_of_the_first_layer(small):
    weight, bias = small.state["features.0.weight"].float(), small.state["features.0.bias"].float()
    first = {stem: build_alexnet(small, stem=stem).features[0] for stem in ALEXNET_STEMS}
    assert torch.equal(first["stride1"].weight, weight) and first["stride1"].stride == (1, 1)
    assert torch.equal(first["crop"].weight, weight[:, :, 1:4, 1:4])
    assert not torch.equal(first["crop"].bias, bias)
    assert torch.equal(first["centre"].weight, weight[:, :, 4:7, 4:7])
    assert torch.equal(first["centre"].bias, bias)
    assert torch.allclose(first["resampled"].weight, resample(weight, 3))


def test_what_does_not_come_from_the_weights_is_new(small):
    for stem in ALEXNET_STEMS:
        model = build_alexnet(small, stem=stem)
        kept = stem in ("stock", "stride1")
        assert new_layers(model, small) == (("head",) if kept else ("features.0", "head")), stem
        assert freeze_backbone(model) == 2570
    assert "10 tensors from" in describe_start(build_alexnet(small), small)


def test_torchvisions_alexnet_gets_the_same_stems(small):
    model = build_model("alexnet", small, 10, stem="resampled")
    assert torch.equal(model.features[0].weight, build_alexnet(small, stem="resampled").features[0].weight)


def test_from_scratch_the_signal_lives_and_the_seed_decides():
    model = build_alexnet(seed=1)
    assert count_parameters(model) == 2_472_266 and "scratch" in describe_start(model, None)
    with torch.inference_mode():
        out = model.features(torch.randn(4, 3, 64, 64))
    assert 0.05 < out.std() < 5
    same, other = build_alexnet(seed=1), build_alexnet(seed=2)
    assert torch.equal(model.features[0].weight, same.features[0].weight)
    assert not torch.equal(model.features[0].weight, other.features[0].weight)


def test_unknown_stem_is_refused():
    with pytest.raises(CourseError, match="unknown stem"):
        adapt_stem(build_alexnet(), "stride2")
