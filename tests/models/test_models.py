"""Building, freezing, stem surgery and parameter groups."""

import copy

import pytest
import torch
from torch import nn
from torchvision import models as zoo

from course_utils.errors import CourseError, NoHeadError
from course_utils.models.alexnet import build_alexnet
from course_utils.models.building import build_model, describe_start, new_layers
from course_utils.models.cost import map_sides
from course_utils.models.freezing import (
    count_parameters,
    free_last_block,
    free_norms_and_last_block,
    freeze_backbone,
    train_mode,
    unfreeze,
)
from course_utils.models.heads import find_head, replace_head
from course_utils.models.stems import adapt_stem
from course_utils.models.weights import find_weights
from course_utils.training.optimizer import parameter_groups

# Heads of the classifier families, by the name torchvision gives them.
HEADS = {
    "alexnet": "classifier.6",
    "vgg11_bn": "classifier.6",
    "resnet50": "fc",
    "densenet121": "classifier",
    "mobilenet_v2": "classifier.1",
    "mobilenet_v3_large": "classifier.3",
    "efficientnet_b0": "classifier.1",
    "convnext_tiny": "classifier.2",
    "vit_b_16": "heads.head",
    "swin_t": "head",
    "squeezenet1_0": "classifier.1",
    "shufflenet_v2_x0_5": "fc",
    "googlenet": "fc",
}


@pytest.mark.parametrize("name, expected", HEADS.items())
def test_head_is_found_and_replaced_without_its_name(name, expected):
    options = {"init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        model = zoo.get_model(name, weights=None, **options)
        assert find_head(model) is model.get_submodule(expected)
        new = replace_head(model, 7)
    assert find_head(model) is new is model.get_submodule(expected)


def test_a_model_without_head_is_refused():
    with pytest.raises(NoHeadError, match="do this"):
        find_head(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)))


@pytest.fixture(scope="module")
def small():
    return find_weights("small")


def test_a_probe_of_resnet18_trains_5130_parameters(small):
    model = build_model("resnet18", small, 10)
    assert freeze_backbone(model) == 5130
    assert unfreeze(model) == count_parameters(model) == 11_181_642


def test_same_seed_same_model(small):
    a, b, c = (build_model("resnet18", small, 10, seed=s) for s in (1, 1, 2))
    assert torch.equal(a.fc.weight, b.fc.weight)
    assert not torch.equal(a.fc.weight, c.fc.weight)
    assert torch.equal(a.conv1.weight, c.conv1.weight)


def test_what_was_loaded_is_said(small):
    def said(weights, classes=10, stem="stock"):
        return describe_start(build_model("resnet18", weights, classes, stem), weights)

    assert said(small) == "120 tensors from Tiny ImageNet (small); new: fc"
    assert said(small, stem="conv3x3").endswith("new: conv1, fc")
    assert said(small, None).endswith("upstream head kept")
    assert said(None) == "all weights random (from scratch)"


def test_new_is_what_does_not_hold_the_weights_numbers(small):
    model = build_model("resnet18", small, small.num_classes)
    assert new_layers(model, small) == ("fc",)
    assert new_layers(build_model("resnet18", small, None), small) == ()
    with torch.no_grad():
        model.layer1[0].conv2.weight[0, 0, 0, 0] += 1
    assert new_layers(model, small) == ("layer1.0.conv2", "fc")
    assert len(new_layers(model, None)) == len(
        [m for m in model.modules() if list(m.parameters(recurse=False))]
    )


@pytest.mark.parametrize("stem, side", [("stock", 1), ("nopool", 2), ("stride1", 4), ("conv3x3", 4)])
def test_stems_give_their_map_sizes_and_keep_the_weights(small, stem, side):
    model = build_model("resnet18", small, 10, stem=stem).eval()
    sizes = []
    model.layer4.register_forward_hook(lambda *args: sizes.append(args[2].shape[-1]))
    with torch.inference_mode():
        assert model(torch.zeros(1, 3, 32, 32)).shape == (1, 10)
    assert sizes == [side] and map_sides(model, 32)["layer4"] == side
    assert ("maxpool" in map_sides(model, 32)) == (stem == "stock")
    given = {name: tensor.to(torch.float32) for name, tensor in small.state.items()}
    kept = [
        n
        for n, t in model.state_dict().items()
        if t.shape == given[n].shape and torch.equal(t.float(), given[n])
    ]
    assert len(kept) == (119 if stem == "conv3x3" else 120)


def test_a_new_stem_is_not_frozen_and_takes_the_head_rate_if_it_is_named(small):
    model = build_model("resnet18", small, 10, stem="conv3x3")
    names = new_layers(model, small)
    assert freeze_backbone(model) == 5130
    assert freeze_backbone(model, names) == 5130 + 64 * 27
    assert model.conv1.weight.requires_grad and not model.bn1.weight.requires_grad
    free_norms_and_last_block(model, names)
    assert model.conv1.weight.requires_grad and not model.layer1[0].conv1.weight.requires_grad
    unfreeze(model)
    new = [g for g in parameter_groups(model, 1e-4, 1e-2, new=names) if g["name"] == "new"]
    held = {id(p) for g in new for p in g["params"]}
    assert held == {id(p) for p in (model.conv1.weight, model.fc.weight, model.fc.bias)}
    assert {g["lr"] for g in new} == {1e-2}


def test_a_copy_of_a_model_is_as_new_as_the_model(small):
    model = copy.deepcopy(build_model("resnet18", small, 10, stem="conv3x3"))
    assert new_layers(model, small) == ("conv1", "fc")
    assert not [m for m in model.modules() if {"is_new", "start"} & vars(m).keys()]


def test_a_new_layer_that_is_not_there_is_refused():
    with pytest.raises(CourseError, match="no layer 'conv9'"):
        freeze_backbone(zoo.resnet18(), new=("conv9",))
    with pytest.raises(CourseError, match=r"write new=\('conv1',\)"):
        freeze_backbone(zoo.resnet18(), new="conv1")


def test_stem_of_another_family_is_refused():
    adapt_stem(zoo.squeezenet1_0(), "stock")
    with pytest.raises(CourseError, match="needs a ResNet or an AlexNet"):
        adapt_stem(zoo.squeezenet1_0(), "nopool")
    with pytest.raises(CourseError, match="unknown stem"):
        adapt_stem(zoo.resnet18(), "no-pool")
    with pytest.raises(CourseError, match="unknown architecture"):
        build_model("resnet19")


@pytest.mark.parametrize("make", [zoo.alexnet, build_alexnet])
def test_a_stem_that_is_no_longer_alexnets_is_told(make):
    model = make()
    adapt_stem(model, "conv3x3")
    with pytest.raises(CourseError, match="stem of this AlexNet has been changed already"):
        adapt_stem(model, "stride1")


def test_frozen_features_are_the_same_in_training_and_evaluation():
    model = zoo.alexnet(num_classes=4)
    freeze_backbone(model)
    received = []
    find_head(model).register_forward_pre_hook(lambda _, inputs: received.append(inputs[0].clone()))
    x = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        train_mode(model)
        model(x)
        model.eval()
        model(x)
    assert torch.equal(*received)
    train_mode(model)
    assert find_head(model).training


def test_frozen_backbone_does_not_move_in_training(small):
    model = build_model("resnet18", small, 10)
    freeze_backbone(model)
    before = {n: t.clone() for n, t in model.state_dict().items()}
    optimizer = torch.optim.SGD(parameter_groups(model, 0.1, 0.1, 0.1), lr=0.1)
    for _ in range(2):
        train_mode(model)
        model(torch.randn(4, 3, 32, 32)).sum().backward()
        optimizer.step()
    changed = [n for n, t in model.state_dict().items() if not torch.equal(t, before[n])]
    assert changed == ["fc.weight", "fc.bias"]
    unfreeze(model)
    train_mode(model)
    assert all(m.training for m in model.modules())


def test_groups_hold_every_trainable_parameter_once_with_the_right_decay():
    model = zoo.resnet18(num_classes=10)
    groups = parameter_groups(model, 1e-4, 1e-2, weight_decay=0.1, layer_decay=0.5)
    held = [p for g in groups for p in g["params"]]
    assert len(held) == len({id(p) for p in held}) == len(list(model.parameters()))
    assert all((g["weight_decay"] == 0) == (p.ndim == 1) for g in groups for p in g["params"])
    rate = {id(p): g["lr"] for g in groups for p in g["params"]}
    assert rate[id(model.fc.weight)] == 1e-2
    assert rate[id(model.layer4[0].conv1.weight)] == 1e-4
    assert rate[id(model.layer3[0].conv1.weight)] == 5e-5
    assert rate[id(model.conv1.weight)] == 1e-4 * 0.5**5
    freeze_backbone(model)
    assert sum(len(g["params"]) for g in parameter_groups(model, 1e-4, 1e-2)) == 2


def test_parameters_of_the_model_itself_are_in_a_group_too():
    with torch.device("meta"):
        model = zoo.vit_b_16()
    held = [p for g in parameter_groups(model, 1e-4, 1e-2) for p in g["params"]]
    assert len(held) == len({id(p) for p in held}) == len(list(model.parameters()))
    assert any(p is model.class_token for p in held)


def test_partial_fine_tuning_trains_norms_last_block_and_head(small):
    model = build_model("resnet18", small, 10)
    trainable = free_norms_and_last_block(model)
    assert trainable == count_parameters(model, trainable=True)
    free = {name for name, p in model.named_parameters() if p.requires_grad}
    for name, _ in model.named_parameters():
        in_norm = isinstance(model.get_submodule(name.rpartition(".")[0]), nn.BatchNorm2d)
        wanted = in_norm or name.startswith(("layer4.1.", "fc."))
        assert (name in free) == wanted, name


def test_with_frozen_norms_the_last_block_and_the_head_train_and_no_statistic_moves(small):
    model = build_model("resnet18", small, 10)
    trainable = free_last_block(model)
    free = {name for name, p in model.named_parameters() if p.requires_grad}
    assert free == {"layer4.1.conv1.weight", "layer4.1.conv2.weight", "fc.weight", "fc.bias"}
    assert trainable == count_parameters(model, trainable=True)
    train_mode(model)
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    model(torch.randn(4, 3, 32, 32))
    assert all(torch.equal(buffer, before[name]) for name, buffer in model.named_buffers())


def test_partial_fine_tuning_needs_blocks():
    with pytest.raises(CourseError, match="no last block"):
        free_norms_and_last_block(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4, 2)))
    with pytest.raises(CourseError, match="no last block"):
        free_norms_and_last_block(build_model("alexnet"))


def test_the_last_block_of_alexnet_has_weights():
    model = build_alexnet()
    free_last_block(model)
    assert {n for n, p in model.named_parameters() if p.requires_grad and "features" in n} == {
        "features.10.weight", "features.10.bias"}  # fmt: skip
