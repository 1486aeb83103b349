"""The model zoo: every entry meets a batch of small pictures and learns from it; weights are kept."""

import pytest
import torch
import torch.nn.functional as F

from course_utils.errors import CourseError, WeightsError
from course_utils.models import cost
from course_utils.models.freezing import count_parameters
from course_utils.models.heads import find_head
from course_utils.zoo import building, entries

LIGHT = [e.name for e in entries.ENTRIES if e.name not in {f"EfficientNet B{i}" for i in range(1, 7)}]


@pytest.fixture(scope="module")
def batch():
    pictures = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    return pictures, torch.tensor([3, 8])


@pytest.mark.parametrize("name", LIGHT)
@pytest.mark.slow
def test_logits_and_one_training_step(name, batch):
    x, labels = batch
    model = building.build(name).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    logits = model(x)
    assert type(logits) is torch.Tensor and logits.shape == (2, 10)
    F.cross_entropy(logits, labels).backward()
    first = next(m for m in model.modules() if isinstance(m, torch.nn.Conv2d))
    weights = [first.weight, find_head(model).weight]
    before = [weight.detach().clone() for weight in weights]
    optimizer.step()
    for weight, old in zip(weights, before):
        assert weight.isfinite().all() and not torch.equal(weight, old)


@pytest.mark.parametrize("name", [n for n in entries.NAMES if n not in LIGHT])
def test_the_other_efficientnets_give_logits_of_the_right_shape(name):
    model = cost.on_meta(lambda: building.build(name))
    assert model(torch.empty(2, 3, 32, 32, device="meta")).shape == (2, 10)


@pytest.mark.parametrize(
    "library, builder, tag, told",
    [
        (
            "course",
            "mynet",
            "v1",
            "this package does not build it(.|\n)*found: *builder 'mynet' with tag 'v1'",
        ),
        ("course", "lenet5", "v1", "this package does not build it(.|\n)*'lenet5' with tag ''"),
        ("keras", "resnet50", "v1", "no library of the zoo is called 'keras'(.|\n)*torchvision, timm, moco"),
    ],
)
def test_an_entry_that_nobody_builds_is_refused(library, builder, tag, told):
    with pytest.raises(CourseError, match=f"Mine: {told}"):
        entries.Entry("Mine", "CNN", 2026, library, builder, tag)


def test_every_library_has_its_maker():
    assert tuple(building.MAKERS) == entries.LIBRARIES


def test_the_zoo_has_what_the_tutorials_name_and_what_came_after():
    wanted = {
        "LeNet-5", "AlexNet", "VGG16", "VGG19", "GoogLeNet", "ResNet-18", "ResNet-34", "ResNet-50", "ResNet-152",
        "DenseNet-121", "DenseNet-169", "MobileNet v1", "MobileNet v2", "EfficientNet B0", "EfficientNet B7",
        "Inception-ResNet v2", "MoCo v3 R-50", "BEiT-B", "ConvNeXt-T", "MAE ViT-B",
    }  # fmt: skip
    assert wanted <= set(entries.NAMES) and len(set(entries.NAMES)) == len(entries.ENTRIES)
    assert {entry.family for entry in entries.ENTRIES} == set(entries.FAMILIES)


@pytest.mark.parametrize(
    "name, parameters",
    [("LeNet-5", 62_006), ("ResNet-18", 11_181_642), ("GoogLeNet", 5_610_154), ("DeiT-Ti", 5_362_762)],
)
def test_parameters_with_ten_classes_at_32_pixels(name, parameters):
    """DeiT-Ti's published 5,717,416 less 990 outputs, three quarters of a patch's side, and 132 places."""
    assert count_parameters(cost.on_meta(lambda: building.build(name))) == parameters


def test_a_seed_gives_the_same_weights_and_leaves_the_callers_random_numbers():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    a, b, c = (building.build("LeNet-5", seed=seed).features[0].weight for seed in (1, 1, 2))
    assert torch.equal(a, b) and not torch.equal(a, c)
    assert torch.equal(torch.rand(3), expected)


def test_resizing_happens_where_it_must_and_nowhere_else(batch):
    x, _ = batch
    sizes = []
    inner = torch.nn.Module()
    inner.forward = lambda x: sizes.append(x.shape[-1])
    building.Resize(64, inner)(x)
    building.Resize(16, inner)(x)
    building.Resize(16, inner, only_least=True)(x)
    assert sizes == [64, 32, 16]
    assert isinstance(building.build("AlexNet", size=32), building.Resize)
    assert not isinstance(building.build("AlexNet", size=64), building.Resize)


def test_a_model_of_one_size_takes_larger_pictures():
    assert building.build("LeNet-5", size=40)(torch.zeros(2, 3, 40, 40)).shape == (2, 10)
    with torch.device("meta"):
        model = building.build("ViT-B/16 (1k)", size=256)
        assert model(torch.zeros(2, 3, 256, 256)).shape == (2, 10)


def test_select_by_patterns():
    names = [entry.name for entry in entries.select(["EfficientNet *", "ResNet-18"])]
    assert len(names) == 9 and names[0] == "ResNet-18" and entries.select(["*"]) == list(entries.ENTRIES)
    with pytest.raises(CourseError, match="EficientNet"):
        entries.select(["ResNet-18", "EficientNet *"])
    with pytest.raises(CourseError, match="ResNet-19"):
        building.build("ResNet-19")


# Published weights: files with random numbers lie where the libraries would have put the real ones.


@pytest.fixture
def checkpoints(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def test_weights_that_are_not_here_are_refused_before_anything_is_built(checkpoints):
    with pytest.raises(WeightsError, match="ResNet-18 are not on this machine"):
        building.build("ResNet-18", pretrained=True)
    with pytest.raises(WeightsError, match="LeNet-5"):
        building.build("LeNet-5", pretrained=True)


@pytest.mark.parametrize("name", ["MobileNet v3 Small", "GoogLeNet"])
def test_torchvision_weights_are_loaded_and_the_head_is_new(name, checkpoints):
    from torchvision.models import get_model

    entry = entries.find(name)
    extra = {"aux_logits": True, "init_weights": False} if name == "GoogLeNet" else {}
    published = get_model(entry.builder, **extra).eval()
    torch.save(published.state_dict(), checkpoints / building.hub.address(entry).rpartition("/")[2])
    model = building.build(name, pretrained=True)
    head = find_head(model)
    assert head.out_features == 10
    known = published.state_dict()
    own = {id(t) for t in head.state_dict(keep_vars=True).values()}
    kept = {n: t for n, t in model.state_dict(keep_vars=True).items() if id(t) not in own}
    assert len(kept) > 50 and all(torch.equal(t, known[n]) for n, t in kept.items())


def test_timm_weights_meet_smaller_patches(tmp_path, monkeypatch):
    import timm
    from huggingface_hub import constants
    from safetensors.torch import save_file

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--timm--deit_tiny_patch16_224.fb_in1k"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc")
    snapshot = repository / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    published = timm.create_model("deit_tiny_patch16_224").state_dict()
    save_file(published, snapshot / "model.safetensors")
    own = building.build("DeiT-Ti", pretrained=True).state_dict()
    assert own["patch_embed.proj.weight"].shape[-1] == 4 and own["head.weight"].shape[0] == 10
    assert all(torch.equal(own[n], published[n]) for n in own if n.startswith("blocks."))
    scratch = building.build("DeiT-Ti").state_dict()
    assert not torch.equal(own["patch_embed.proj.weight"], scratch["patch_embed.proj.weight"])
