"""Upstream training: crops, schedule, files written, resume, and weights that load again."""

import json
import math
from dataclasses import replace
from statistics import mean

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torchvision.models import alexnet, resnet18

from course_utils.data import augment
from course_utils.data.augment import random_crops
from course_utils.data.images import ImageSet, Splits
from course_utils.errors import CheckpointError, CourseError
from course_utils.models.weights import find_weights, from_file
from course_utils.training import pretraining
from course_utils.training.checkpoint import FileCheckpoint, load_checkpoint
from course_utils.training.pretraining import one_cycle, pick_size, pretrain
from course_utils.training.upstream import SETTINGS, class_names

pytestmark = pytest.mark.slow  # most of them take a second

SMALL = replace(SETTINGS["resnet18"], epochs=2, batch_size=8, sizes=((0.0, (32,)), (0.5, (32, 40))))


def colours(n: int, seed: int, classes: int = 2) -> ImageSet:
    """Noise of 64x64 pixels whose brighter channel tells the class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % classes
    images = torch.randint(0, 120, (n, 3, 64, 64), generator=generator)
    images[torch.arange(n), labels] += 130
    names = tuple(f"n0000000{i}" for i in range(classes))
    return ImageSet(images.to(torch.uint8), labels, names, "two colours")


def splits() -> Splits:
    return Splits(colours(16, 0), colours(0, 1), colours(16, 2))


def run(out, arch="resnet18", settings=SMALL, **options):
    return pretrain(splits(), arch, out, settings=settings, progress=False, **options)


def pixels_with_places(n: int = 6) -> torch.Tensor:
    """uint8 [n, 3, 64, 64] whose first two channels hold the row and the column."""
    rows, columns = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    return torch.stack([rows, columns, rows]).to(torch.uint8).expand(n, 3, 64, 64)


def test_windows_are_stored_pixels_at_places_of_their_own():
    windows = augment.random_windows(pixels_with_places(), 40, torch.Generator().manual_seed(0))
    corners = windows[:, :2, 0, 0].long()
    assert windows.shape == (6, 3, 40, 40) and windows.dtype == torch.uint8
    assert len(corners.unique(dim=0)) > 1 and corners.max() <= 24
    assert torch.equal(windows[:, 0, :, 0].long() - corners[:, :1], torch.arange(40).expand(6, 40))
    assert torch.equal(windows[:, 1, 0, :].long() - corners[:, 1:], torch.arange(40).expand(6, 40))


@pytest.mark.parametrize("size", [32, 64])
def test_a_crop_of_the_whole_image_is_the_image(size, monkeypatch):
    monkeypatch.setattr(augment, "CROP_AREA", (1.0, 1.0))
    monkeypatch.setattr(augment, "CROP_RATIO", (1.0, 1.0))
    images = pixels_with_places()
    crops = augment.random_resized_crops(images, size, torch.Generator().manual_seed(0))
    expected = torch.nn.functional.avg_pool2d(images.float(), 64 // size)
    assert torch.allclose(crops, expected, atol=0.01 if size == 64 else 0.3)


def test_resized_crops_differ_between_images_and_stay_inside():
    generator = torch.Generator().manual_seed(0)
    crops = augment.random_resized_crops(pixels_with_places(), 48, generator)
    heights = crops[:, 0, -1, 0] - crops[:, 0, 0, 0]
    assert crops.shape == (6, 3, 48, 48)
    assert heights.std() > 1 and crops.min() >= 0 and crops.max() <= 63


def test_crops_depend_on_the_generator_alone():
    def make(seed):
        return random_crops(colours(6, 0).images, 40, 0.5, torch.Generator().manual_seed(seed))

    assert torch.equal(make(0), make(0))
    assert not torch.equal(make(0), make(1))
    assert make(0).shape == (6, 3, 40, 40) and 0 <= make(0).min() and make(0).max() <= 255


def test_one_cycle_rises_then_falls_to_zero():
    factors = [one_cycle(i / 100) for i in range(101)]
    peak = factors.index(max(factors))
    assert factors[0] < 0.01 and factors[peak] == pytest.approx(1)
    assert factors[-1] == pytest.approx(0)
    assert factors[: peak + 1] == sorted(factors[: peak + 1])
    assert factors[peak:] == sorted(factors[peak:], reverse=True)


def test_sizes_follow_the_stages():
    generator = torch.Generator().manual_seed(0)
    settings = SETTINGS["resnet18"]
    seen = [{pick_size(settings, at, generator) for _ in range(60)} for at in (0, 0.6, 0.9)]
    assert seen == [{40, 48}, {40, 48, 64}, {32, 40, 48, 64}]


@pytest.mark.slow
def test_resnet_learns_what_the_pictures_show(tmp_path):
    """Bounds far from what any processor's rounding moves: guessing costs ln 2 = 0.69 nats, and is right half the time.

    Eight epochs of 32 images are 32 steps: after 16, the averages of batch norm still lie too far from
    what they average, and in evaluation one processor's last digits decided between all and half.
    """
    pictures = Splits(colours(32, 0), colours(0, 1), colours(64, 2))
    settings = replace(SMALL, epochs=8, lr=0.005)  # batches of 8: larger rates jump about
    report = pretrain(pictures, "resnet18", tmp_path, settings=settings, progress=False)
    assert len(report.loss) == 8 and mean(report.loss[-2:]) < 0.45
    assert mean(report.by_size.values()) > 0.75


def test_the_files_of_a_resnet_load_again(tmp_path):
    report = run(tmp_path, name="Two colours", terms="none")
    assert report.file.name == "resnet18_twocolours.safetensors"
    trained = load_checkpoint(report.file.with_suffix(".pt"))["model"]
    loaded = resnet18(num_classes=2)
    weights = from_file(report.file, "resnet18")
    weights.load_into(loaded)
    assert all(t.dtype == torch.float16 for t in weights.state.values() if t.is_floating_point())
    assert all(torch.equal(t.half(), trained[name].half()) for name, t in loaded.state_dict().items())
    assert weights.name == "Two colours (small)" and weights.classes == splits().classes
    best = round(max(report.by_size.values()), 4)
    assert weights.upstream == {"images": 16, "seen": 16 * 2, "pixels": "32 to 40", "top1": best}
    card = " ".join(report.file.with_suffix(".md").read_text().split())
    top1 = f"{report.by_size[40]:.1%} at 40 px"
    for said in ("Terms: none", "16 training images", top1, torch.__version__):
        assert said in card


def test_of_alexnet_the_features_alone_are_stored(tmp_path):
    settings = replace(SETTINGS["alexnet"], epochs=1, batch_size=8)
    stored = load_file(run(tmp_path, "alexnet", settings).file)
    expected = alexnet(num_classes=2).features.state_dict(prefix="features.")
    assert {n: t.shape for n, t in stored.items()} == {n: t.shape for n, t in expected.items()}


@pytest.mark.slow
def test_the_seed_decides_the_weights(tmp_path):
    one_epoch = replace(SMALL, epochs=1)
    a, b, c = (
        load_file(run(tmp_path / str(i), settings=one_epoch, seed=s).file) for i, s in enumerate((0, 0, 1))
    )
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not torch.equal(a["conv1.weight"], c["conv1.weight"])


@pytest.mark.slow
def test_labels_are_smoothed_in_training(tmp_path):
    """With half the label taken away, no loss falls below the entropy of what is left."""
    settings = replace(SMALL, epochs=6, lr=0.005, label_smoothing=0.5)
    floor = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    losses = run(tmp_path, settings=settings).loss
    assert losses[-1] >= floor and len(losses) == 6


@pytest.mark.slow
def test_going_on_after_a_break_gives_the_same_weights(tmp_path, monkeypatch):
    whole = run(tmp_path / "whole")

    def save_then_break(checkpoint, state):
        save(checkpoint, state)
        raise KeyboardInterrupt

    save = FileCheckpoint.save
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(FileCheckpoint, "save", save_then_break)
        run(tmp_path / "parts")
    parts = run(tmp_path / "parts")
    a, b = load_file(whole.file), load_file(parts.file)
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert parts.loss == whole.loss


def test_a_checkpoint_of_other_settings_is_refused(tmp_path):
    run(tmp_path, settings=replace(SMALL, epochs=1))
    with pytest.raises(CheckpointError):
        run(tmp_path, settings=replace(SMALL, epochs=1, lr=0.1))
    start = replace(find_weights("small"), name="another start")
    with pytest.raises(CheckpointError, match="another start"):
        run(tmp_path, settings=replace(SMALL, epochs=1), start=start)


def test_a_checkpoint_of_other_images_is_refused(tmp_path):
    run(tmp_path)
    swapped = splits()
    swapped = replace(swapped, train=replace(swapped.train, labels=1 - swapped.train.labels))
    with pytest.raises(CheckpointError):
        pretrain(swapped, "resnet18", tmp_path, settings=SMALL, progress=False)


def test_crops_of_one_kind_alone():
    images, generator = torch.zeros(3, 3, 64, 64, dtype=torch.uint8), torch.Generator()
    assert random_crops(images, 32, 1.0, generator).shape == (3, 3, 32, 32)
    assert random_crops(images[:1], 32, 0.6, generator).shape == (1, 3, 32, 32)


def test_a_start_keeps_its_head_and_lowers_the_rate(tmp_path):
    first = run(tmp_path / "first", settings=replace(SMALL, epochs=1))
    start = from_file(first.file, "resnet18")
    going_on = run(tmp_path / "second", settings=replace(SMALL, epochs=2), start=start)
    assert from_file(going_on.file, "resnet18").upstream["seen"] == 16 + 2 * 16
    model = pretraining.upstream_model("resnet18", 2, start, seed=0)
    assert torch.equal(model.fc.weight, start.state["fc.weight"].float())
    assert pretraining.upstream_model("resnet18", 3, start, seed=0).fc.out_features == 3
    assert SMALL.gentler().lr == SMALL.lr / 4 and SMALL.gentler().sizes == ((0.0, (32, 40)),)


def test_sources_that_are_no_folder_have_no_class_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert class_names("hotdog") == {}


def test_class_names_know_a_folder_in_the_form_of_a_mac(tmp_path):
    (tmp_path / "classes.txt").write_text("cafe\u0301\tcoffee house\n", encoding="utf-8")
    assert class_names(tmp_path) == {"caf\u00e9": "coffee house"}


def test_a_folder_of_any_size_gives_the_readable_class_names(tmp_path):
    for split, images in (("train", colours(4, 0)), ("val", colours(4, 1))):
        for i, (pixels, label) in enumerate(zip(images.images, images.labels)):
            folder = tmp_path / "data" / split / images.classes[label]
            folder.mkdir(parents=True, exist_ok=True)
            wide = (80, 64) if split == "train" and i == 0 else (64, 64)
            Image.fromarray(pixels.permute(1, 2, 0).numpy()).resize(wide).save(folder / f"{i}.png")
    lines = "n00000000\tred thing, crimson object\nn00000001\tgreen thing\n"
    (tmp_path / "data" / "classes.txt").write_text(lines)
    (tmp_path / "data" / "superclasses.txt").write_text("n00000000\ta colour\n")
    (tmp_path / "data" / "._classes.txt").write_bytes(b"\xff\xfe\x00")
    settings = replace(SMALL, epochs=1, batch_size=4)
    report = pretrain(tmp_path / "data", out=tmp_path / "out", settings=settings, size=64, progress=False)
    assert "--size 64" in " ".join(report.file.with_suffix(".md").read_text().split())
    card = json.loads(report.file.with_suffix(".json").read_text())
    assert report.n_train == 4 and report.n_held_out == 4
    assert card["classes"] == ["red thing", "green thing"]
    assert card["wordnet_ids"] == ["n00000000", "n00000001"]


def test_small_images_and_unknown_networks_are_refused(tmp_path):
    large = replace(SMALL, sizes=((0.0, (96,)),))
    with pytest.raises(CourseError, match="smaller than the largest input"):
        run(tmp_path, settings=large)
    with pytest.raises(CourseError, match="no upstream settings"):
        run(tmp_path, arch="vgg16")
