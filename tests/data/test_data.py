import hashlib
import pickle
import warnings
import zipfile

import numpy as np
import pytest
import torch
from archives import archive_bytes
from PIL import Image
from torchvision.datasets import CIFAR10

from course_utils import downloads
from course_utils.cartoons import generation
from course_utils.data import loading
from course_utils.data.images import ImageSet, Splits, split
from course_utils.data.inspection import channel_statistics, duplicate_report, find_duplicates
from course_utils.data.loading import CLASSES, available, describe_source, load_data
from course_utils.errors import DataError


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("COURSE_DATA", str(folder))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return folder


def image_set(labels, groups=None, classes=("a", "b", "c")) -> ImageSet:
    """Images that carry their own index in their first pixels."""
    labels = torch.tensor(labels)
    images = torch.zeros(len(labels), 3, 4, 4, dtype=torch.uint8)
    images[:, 0, 0, 0] = torch.arange(len(labels)) % 256
    images[:, 0, 0, 1] = torch.arange(len(labels)) // 256
    return ImageSet(images, labels, classes, "test images", groups)


def indices(images: ImageSet) -> list[int]:
    return (images.images[:, 0, 0, 0].int() + 256 * images.images[:, 0, 0, 1].int()).tolist()


# ImageSet


@pytest.mark.parametrize(
    "change",
    [
        {"images": torch.zeros(3, 3, 4, 4)},
        {"images": torch.zeros(3, 4, 4, dtype=torch.uint8)},
        {"images": torch.zeros(3, 4, 4, 3, dtype=torch.uint8)},
        {"labels": torch.tensor([0, 1])},
        {"labels": torch.tensor([0, 1, 2], dtype=torch.int32)},
        {"labels": torch.tensor([0, 1, 3])},
        {"labels": torch.tensor([0, 1, -1])},
        {"groups": ("one",)},
    ],
)
def test_wrong_shapes_and_types_are_refused(change):
    good = {"images": torch.zeros(3, 3, 4, 4, dtype=torch.uint8), "labels": torch.tensor([0, 1, 2])}
    ImageSet(**good, classes=("a", "b", "c"), name="")
    with pytest.raises(DataError, match="expected:"):
        ImageSet(**{**good, **change}, classes=("a", "b", "c"), name="")


@pytest.mark.parametrize("index", [[2, 0], torch.tensor([2, 0]), np.array([2, 0])])
def test_subset_keeps_the_order(index):
    part = image_set([0, 1, 2], groups=("x", "y", "z")).subset(index)
    assert indices(part) == [2, 0]
    assert part.labels.tolist() == [2, 0]
    assert part.groups == ("z", "x")


def test_subset_by_mask_and_of_nothing():
    images = image_set([0, 1, 2])
    assert indices(images.subset(images.labels > 0)) == [1, 2]
    assert len(images.subset([])) == 0


def test_take_is_balanced_and_nested():
    images = image_set([0] * 50 + [1] * 30 + [2] * 4)
    thirty = images.take(30, seed=0)
    assert thirty.labels.bincount().tolist() == [13, 13, 4]
    assert len(set(indices(thirty))) == 30
    assert set(indices(images.take(9, seed=0))) < set(indices(thirty))
    assert images.take(9, seed=0).labels.bincount().tolist() == [3, 3, 3]
    assert indices(images.take(30, seed=0)) == indices(thirty)
    assert indices(images.take(30, seed=1)) != indices(thirty)
    assert len(images.take(1000, seed=0)) == 84


@pytest.mark.parametrize(
    "choose", [lambda s: s.take(-1, 0), lambda s: split(s, -5, 0), lambda s: split(s, -0.1, 0)]
)
def test_less_than_no_image_is_refused(choose):
    with pytest.raises(DataError, match=r"no number of images(.|\n)*found: +-"):
        choose(image_set([0] * 15 + [1] * 15))


def test_take_mixes_the_classes():
    turns = image_set([0, 1, 2] * 100).take(300, seed=0).labels.reshape(100, 3)
    assert (turns.sort(1).values == torch.tensor([0, 1, 2])).all()
    assert len({tuple(turn.tolist()) for turn in turns}) == 6


def test_repr_is_one_line():
    assert repr(image_set([0, 1])) == "ImageSet(test images: 2 images 4x4, 3 classes)"


# split


def test_split_is_stratified_and_loses_nothing():
    images = image_set([0] * 100 + [1] * 50 + [2] * 10)
    rest, cut = split(images, 0.1, seed=3)
    assert cut.labels.bincount().tolist() == [10, 5, 1]
    assert sorted(indices(rest) + indices(cut)) == list(range(160))
    assert indices(split(images, 16, seed=3)[1]) == indices(cut)
    assert indices(split(images, 16, seed=4)[1]) != indices(cut)


def test_split_leaves_a_lone_image_in_the_rest():
    images = image_set([0] * 40 + [1])
    for seed in range(20):
        assert 40 in indices(split(images, 0.2, seed)[0])


def test_split_keeps_groups_whole():
    groups = tuple(f"person {i // 7}" for i in range(210))
    images = image_set([i // 7 % 3 for i in range(210)], groups)
    rest, cut = split(images, 42, seed=0)
    assert not set(rest.groups) & set(cut.groups)
    assert 42 <= len(cut) < 42 + 7
    assert sorted(indices(rest) + indices(cut)) == list(range(210))
    assert set(cut.labels.tolist()) == {0, 1, 2}


def test_split_that_would_empty_a_class():
    images = image_set([0] * 20 + [1] * 20, groups=("one",) * 20 + ("two",) * 20)
    with pytest.raises(DataError, match="no training image left of class"):
        split(images, 25, seed=0)


# statistics and duplicates


def test_channel_statistics_are_over_all_pixels():
    images = torch.randint(0, 256, (2500, 3, 5, 5), dtype=torch.uint8)
    mean, std = channel_statistics(images)
    pixels = images.double().div(255).transpose(0, 1).flatten(1)
    assert torch.allclose(mean, pixels.mean(1).float(), atol=1e-6)
    assert torch.allclose(std, pixels.std(1, correction=0).float(), atol=1e-6)
    assert mean.dtype == std.dtype == torch.float32


def test_channel_statistics_are_not_the_mean_of_deviations():
    dark_and_light = torch.zeros(2, 3, 4, 4, dtype=torch.uint8)
    dark_and_light[1] = 255
    _, std = channel_statistics(ImageSet(dark_and_light, torch.tensor([0, 1]), ("a", "b"), ""))
    assert std.tolist() == [0.5, 0.5, 0.5]


def test_duplicates_are_pairs_of_indices():
    a, b = image_set([0, 1, 2, 0]), image_set([0] * 8)
    a = a.subset([3, 1, 1])
    assert find_duplicates(a, b) == [(1, 1), (2, 1), (0, 3)]
    almost = b.images.clone()
    almost[:, 2, 3, 3] = 1
    assert find_duplicates(a, ImageSet(almost, b.labels, b.classes, "")) == []


def test_duplicate_report():
    images = image_set([0, 1, 2] * 4, groups=tuple("aabbccddeeff"))
    splits = Splits(images.subset([0, 1, 2, 3]), images.subset([3, 4]), images.subset([2, 3, 5]))
    report = duplicate_report(splits)
    assert "train/val 1, train/test 2, val/test 1" in report
    assert "Groups in both: train/val 1, train/test 1, val/test 2" in report
    assert "Groups" not in duplicate_report(Splits(*[image_set([0])] * 3))


# CIFAR-10


@pytest.fixture
def archive(cache, monkeypatch):
    content = archive_bytes()
    (cache / "cifar-10-python.tar.gz").write_bytes(content)
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(content).hexdigest())
    return cache / "cifar-10-python.tar.gz"


def test_cifar10_is_read_from_the_archive(archive):
    for _ in range(2):
        splits = load_data("cifar10", seed=0)
        assert [len(s) for s in (splits.train, splits.val, splits.test)] == [90, 10, 20]
        assert splits.name == "CIFAR-10" and splits.classes == CLASSES
        for part in (splits.train, splits.val, splits.test):
            assert part.images.shape[1:] == (3, 32, 32)
            assert (part.images[:, 0, 5, 5] == part.labels).all()
            assert (part.images[:, 1, 5, 5] == part.labels + 100).all()
        assert splits.val.labels.bincount().tolist() == [1] * 10
        assert (splits.test.images[:, 2, 0, 0] == 5).all()
    assert set(splits.train.images[:, 2, 0, 0].tolist()) == {0, 1, 2, 3, 4}


def test_cifar10_is_unpickled_once(archive, monkeypatch):
    load_data("cifar10")
    monkeypatch.setattr(pickle, "load", None)
    load_data("cifar10")


def test_cifar10_that_is_not_the_published_archive(archive, monkeypatch):
    monkeypatch.setattr(CIFAR10, "tgz_md5", "0" * 32)
    monkeypatch.setattr(pickle, "load", lambda *a, **k: pytest.fail("unpickled an unknown archive"))
    with pytest.raises(DataError, match=r"not the published archive(.|\n)*course fetch cifar10"):
        load_data("cifar10")


@pytest.mark.parametrize("name", ["cifar10", "hotdog"])
def test_what_was_not_fetched(name):
    with pytest.raises(DataError, match=f"{name} is not on this machine(.|\n)*course fetch {name}"):
        load_data(name, size=32)
    assert not available(name)


# the sources


def test_auto_takes_cifar10_where_it_is(archive):
    assert load_data("auto", train=20, val=10, test=10).name == "CIFAR-10"


def test_auto_takes_cartoons_otherwise_and_never_the_network(monkeypatch):
    monkeypatch.setattr(downloads, "urlopen", lambda *a, **k: pytest.fail("went to the network"))
    splits = load_data("auto", train=20, val=10, test=10)
    assert splits.name == "drawn cartoons"
    assert splits.classes == CLASSES == generation.CLASSES


def test_auto_is_always_cartoons_while_grading(archive, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert load_data("auto", train=20, val=10, test=10).name == "drawn cartoons"
    assert not available("cifar10")


def test_cartoons_are_split(monkeypatch):
    splits = load_data("cartoons", train=60, val=20, test=20)
    for part, n in ((splits.train, 6), (splits.val, 2), (splits.test, 2)):
        assert part.labels.bincount().tolist() == [n] * 10
    assert find_duplicates(splits.train, splits.val) == []
    again = load_data("cartoons", train=60, val=20, test=20)
    assert torch.equal(again.val.images, splits.val.images)


def test_no_more_cartoons_are_drawn_than_needed(monkeypatch):
    asked = []
    blank = {"train": (np.zeros((50, 3, 32, 32), np.uint8), np.arange(50) % 10)}
    blank["test"] = blank["train"]
    monkeypatch.setattr(generation, "load", lambda train, test: asked.append((train, test)) or blank)
    load_data("cartoons", train=200, val=100, test=300)
    load_data("cartoons", train=90)
    load_data("cartoons", train=45000, val=5000, test=10000)
    load_data("cartoons", val=10)
    assert asked == [(300, 300), (100, 1000), (5000, 1000), (5000, 1000)]


def test_read_only_arrays_make_no_warning(monkeypatch):
    images, labels = np.zeros((40, 3, 32, 32), np.uint8), np.arange(40) % 10
    images.flags.writeable = labels.flags.writeable = False
    monkeypatch.setattr(generation, "load", lambda *_: {p: (images, labels) for p in ("train", "test")})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_data("cartoons")


@pytest.mark.parametrize("options", [{"size": 64}, {"groups": "stem"}])
def test_options_for_photographs_alone(options):
    with pytest.raises(DataError, match="for photographs"):
        load_data("cartoons", **options)
    load_data("cartoons", train=20, val=10, test=10, size=32)


def test_unknown_sources():
    with pytest.raises(DataError, match=r"no data at cifar(.|\n)*auto, cartoons, cifar10, hotdog"):
        load_data("cifar")
    with pytest.raises(DataError, match="unknown groups"):
        load_data("cartoons", groups="person")


# photographs


def photographs(folder, parts, names=("red", "blue"), n=20, side=lambda i: 10):
    """Pictures of distinct shades, ``<part>/<class>/ann_<i>.png``; four in a row share a stem."""
    shade = 0
    for part in parts:
        for c, name in enumerate(names):
            (folder / part / name).mkdir(parents=True, exist_ok=True)
            for i in range(n):
                shade += 1
                color = [0, shade % 256, shade // 256]
                color[0] = 50 * c
                image = Image.new("RGB", (side(i), 10), tuple(color))
                image.save(folder / part / name / f"{name}{i // 4}_{i}.png")
    return folder


def sizes(splits: Splits) -> list[int]:
    return [len(splits.train), len(splits.val), len(splits.test)]


def test_train_and_test_folders(tmp_path):
    splits = load_data(photographs(tmp_path / "zoo", ["train", "test"]))
    assert sizes(splits) == [36, 4, 40]
    assert splits.classes == ("blue", "red") and splits.name == "zoo"
    for part in (splits.train, splits.val, splits.test):
        assert (part.images[:, 0, 0, 0] == torch.tensor([50, 0])[part.labels]).all()
    assert "0, train/test 0, val/test 0" in duplicate_report(splits)


def test_val_folder_is_the_test_set_where_there_is_no_other(tmp_path):
    folder = photographs(tmp_path, ["train", "val"])
    in_val = {Image.open(f).getpixel((0, 0)) for f in folder.glob("val/*/*.png")}
    splits = load_data(folder)
    assert sizes(splits) == [36, 4, 40]
    assert {tuple(image[:, 0, 0].tolist()) for image in splits.test.images} == in_val


def test_three_folders_are_left_as_they_are(tmp_path):
    assert sizes(load_data(photographs(tmp_path, ["train", "val", "test"]))) == [40, 40, 40]
    assert sizes(load_data(tmp_path, train=8, val=6, test=4)) == [8, 6, 4]


def test_class_folders_alone_are_cut_in_three(tmp_path):
    splits = load_data(photographs(tmp_path, [""]))
    assert sizes(splits) == [28, 6, 6]
    assert splits.val.labels.bincount().tolist() == splits.test.labels.bincount().tolist() == [3, 3]
    assert duplicate_report(splits).endswith("train/val 0, train/test 0, val/test 0")
    assert torch.equal(load_data(tmp_path).test.images, splits.test.images)
    assert not torch.equal(load_data(tmp_path, seed=1).test.images, splits.test.images)


def test_small_sources_share_what_there_is(tmp_path):
    folder = photographs(tmp_path, ["train", "test"])
    assert sizes(load_data(folder, train=1000, val=1000, test=2000)) == [20, 20, 40]
    assert sizes(load_data(folder, train=300, val=100)) == [30, 10, 40]
    assert sizes(load_data(folder, val=1000)) == [20, 20, 40]
    assert sizes(load_data(folder, train=18, test=10)) == [18, 2, 10]
    assert sizes(load_data(folder, val=0)) == [40, 0, 40]


def test_images_of_an_unbalanced_source_are_taken_evenly(tmp_path):
    photographs(tmp_path, ["train", "test"], ["blue"], n=10)
    photographs(tmp_path, ["train", "test"], ["red"], n=40)
    assert load_data(tmp_path).val.labels.bincount().tolist() == [1, 4]
    splits = load_data(tmp_path, train=20, val=10, test=30)
    assert splits.train.labels.bincount().tolist() == [8, 12]
    assert splits.val.labels.bincount().tolist() == [2, 8]
    assert splits.test.labels.bincount().tolist() == [10, 20]


def test_same_val_images_whatever_the_size_of_train(tmp_path):
    folder = photographs(tmp_path, ["train", "test"])
    small, large = (load_data(folder, train=n, val=8) for n in (6, 30))
    assert torch.equal(small.val.images, large.val.images)
    assert len(find_duplicates(small.train, large.train)) == 6


def test_groups_by_stem_stay_on_one_side(tmp_path):
    splits = load_data(photographs(tmp_path, [""]), groups="stem")
    groups = [set(part.groups) for part in (splits.train, splits.val, splits.test)]
    assert set.union(*groups) == {f"{c}{i}" for c in ("red", "blue") for i in range(5)}
    assert sum(map(len, groups)) == 10
    assert "Groups in both: train/val 0, train/test 0, val/test 0" in duplicate_report(splits)
    assert load_data(tmp_path).train.groups is None


def test_names_of_files_that_tell_no_groups_are_named(tmp_path):
    for label in ("a", "b"):
        (tmp_path / label).mkdir()
        for i in range(10):
            Image.new("RGB", (8, 8)).save(tmp_path / label / f"IMG_{i}.png")
    with pytest.raises(DataError, match=r"the largest has 20(.|\n)*leave `groups` out"):
        load_data(tmp_path, groups="stem")


@pytest.mark.parametrize(
    "file, stem",
    [
        ("a/ann_12.jpg", "ann"),
        ("ann-smith-3.png", "ann-smith"),
        ("ann_smith.jpg", "ann_smith"),
        ("0.png", "0"),
        ("IMG_2024_001.jpg", "IMG_2024"),
    ],
)
def test_stems(file, stem):
    assert loading._stems([file]) == (stem,)


def test_mixed_sizes_need_a_size(tmp_path):
    photographs(tmp_path, ["train", "test"], side=lambda i: 10 + i)
    with pytest.raises(DataError, match="size="):
        load_data(tmp_path)
    assert load_data(tmp_path, size=12).train.images.shape == (36, 3, 12, 12)


def test_hot_dogs_of_dive_into_deep_learning(tmp_path, cache):
    folder = photographs(tmp_path / "x/hotdog", ["train", "test"], ("hotdog", "not-hotdog"), n=4)
    with zipfile.ZipFile(cache / "hotdog.zip", "w") as archive:
        for file in folder.rglob("*.png"):
            archive.write(file, file.relative_to(tmp_path / "x"))
    assert available("hotdog")
    splits = load_data("hotdog", size=16, val=2)
    assert splits.classes == ("hotdog", "not-hotdog") and splits.name == "hotdog"
    assert sizes(splits) == [6, 2, 8]


def test_mapped_images_make_no_warning_and_are_copied_when_taken(tmp_path):
    photographs(tmp_path, ["train", "test"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        splits = load_data(tmp_path)
        splits = load_data(tmp_path)
    splits.train.images.zero_()
    assert load_data(tmp_path).train.images.any()


# the visible line


def test_source_line_of_cartoons():
    line = describe_source(load_data("cartoons", train=30, val=10, test=20))
    assert "drawn cartoons" in line and "30 train, 10 val, 20 test" in line and "\n" not in line
    assert "course fetch cifar10" in line


def test_source_line_names_what_was_left_out(tmp_path):
    photographs(tmp_path / "zoo", ["train", "test"])
    for i in range(5):
        (tmp_path / f"zoo/train/red/bad{i}.png").write_bytes(b"")
    line = describe_source(load_data(tmp_path / "zoo"))
    assert "zoo, 2 classes, 10x10 pixels: 36 train, 4 val, 40 test images" in line
    assert "left out, damaged or of a kind that is not read: 5 (train/red/bad0.png, " in line
    assert "fetch" not in line


def test_source_line_tells_which_part_lacks_classes(tmp_path):
    photographs(tmp_path / "zoo", ["train", "test"])
    splits = load_data(tmp_path / "zoo")
    one = splits.val.subset(splits.val.labels == 0)
    line = describe_source(Splits(splits.train, one, splits.test))
    assert line.endswith("; no image of 1 of the 2 classes in val") and "no image" not in describe_source(
        splits
    )


def test_splits_move_together():
    splits = Splits(*[image_set([0, 1])] * 3, skipped=("x",)).to("cpu")
    assert sizes(splits) == [2, 2, 2] and splits.skipped == ("x",)


def test_a_constant_channel_has_no_deviation():
    for value in (13, 19, 26):
        _, std = channel_statistics(torch.full((4, 3, 8, 8), value, dtype=torch.uint8))
        assert std.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "amounts", [{"train": -5}, {"val": -3}, {"test": -2}, {"train": 2.5}, {"test": True}]
)
def test_amounts_that_are_no_numbers_of_images(amounts):
    with pytest.raises(DataError, match="is no number of images"):
        load_data("cartoons", **amounts)


@pytest.mark.parametrize("whole", [np.int64, np.uint8, torch.tensor])
def test_amounts_may_be_whole_numbers_of_numpy_and_pytorch(whole):
    splits = load_data("cartoons", train=whole(20), val=whole(0), test=whole(10))
    assert (len(splits.train), len(splits.val), len(splits.test)) == (20, 0, 10)
