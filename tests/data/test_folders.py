import errno
import io
import ntpath
import os
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from course_utils.data import folders
from course_utils.data.folders import read_images
from course_utils.data.loading import load_data
from course_utils.errors import DataError

RED, BLUE = (200, 0, 0), (0, 0, 200)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "cache"))


@pytest.fixture
def root(tmp_path):
    return tmp_path / "photos"


def picture(color=RED, size=(8, 8), mode="RGB", format="PNG", **options) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, color).save(file, format, **options)
    return file.getvalue()


def write(root, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def write_zip(path, files: dict[str, bytes]):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def data_set(parts=("train", "test"), n=3) -> dict[str, bytes]:
    """A red and a blue class."""
    colors = {"blue": BLUE, "red": RED}
    return {f"{p}/{c}/{i}.png": picture(colors[c]) for p in parts for c in colors for i in range(n)}


def check_colors(report) -> None:
    assert report.classes == ("blue", "red")
    for images, labels in report.parts.values():
        assert images.dtype == np.uint8 and images.shape[1:] == (3, 8, 8)
        assert labels.dtype == np.int64
        for image, label in zip(images, labels, strict=True):
            assert image[0].mean() == (200 if label == 1 else 0)


# layouts


@pytest.mark.parametrize("around", ["", "cifar10/", "a/b/"])
@pytest.mark.parametrize("zipped", [False, True])
def test_train_and_test(tmp_path, root, around, zipped):
    files = {around + name: content for name, content in data_set().items()}
    if zipped:
        root = write_zip(tmp_path / "photos.zip", files)
    else:
        write(root, files)
    report = read_images(root)
    check_colors(report)
    assert {part: len(labels) for part, (_, labels) in report.parts.items()} == {
        "train": 6,
        "test": 6,
    }
    assert set(report.files["test"]) == {name for name in files if "test/" in name}
    assert report.skipped == ()


@pytest.mark.parametrize(
    "parts, read",
    [
        (["train", "val"], ["test", "train"]),
        (["Train", "valid"], ["test", "train"]),
        (["Training", "Testing"], ["test", "train"]),
        (["train", "validation", "test"], ["test", "train", "val"]),
        (["train"], ["all"]),
    ],
)
def test_names_of_parts(root, parts, read):
    write(root, data_set(parts))
    report = read_images(root)
    check_colors(report)
    assert sorted(report.parts) == read


def test_class_folders_alone(root):
    write(root, {name.removeprefix("train/"): c for name, c in data_set(["train"]).items()})
    write(root, {"red/deeper/4.png": picture(RED), "notes.txt": b"no image"})
    report = read_images(root)
    check_colors(report)
    assert list(report.parts) == ["all"] and len(report.parts["all"][1]) == 7


def test_every_kind_of_file(root):
    write(root, data_set())
    kinds = {"jpg": "JPEG", "JPEG": "JPEG", "jfif": "JPEG", "webp": "WEBP", "bmp": "BMP", "PNG": "PNG"}
    kinds |= {"tif": "TIFF", "TIFF": "TIFF", "gif": "GIF"}
    for suffix, kind in kinds.items():
        write(root, {f"train/red/other.{suffix}": picture(RED, format=kind)})
    assert len(read_images(root).parts["train"][1]) == 6 + len(kinds)


def test_of_a_moving_picture_the_first_frame_counts(root):
    moving = picture(RED, format="GIF", save_all=True, append_images=[Image.new("RGB", (8, 8), BLUE)])
    write(root, {"a/1.gif": moving, "b/1.gif": moving})
    assert read_images(root).parts["all"][0][0][:, 0, 0].tolist() == list(RED)


def test_files_beside_the_data_set_do_not_count(root):
    write(root, data_set())
    write(
        root,
        {
            "README.md": b"",
            "logo.png": picture(),
            "docs/figure.png": picture(),
            "train/.DS_Store": b"",
            "train/.ipynb_checkpoints/1.png": picture(),
            "train/red/._0.png": b"ghost",
            "train/red/notes.txt": b"",
        },
    )
    report = read_images(root)
    check_colors(report)
    assert len(report.parts["train"][1]) == 6 and report.skipped == ()


def test_zip_ghosts_and_ways_out(tmp_path):
    files = data_set() | {
        "__MACOSX/train/red/._0.png": b"ghost",
        "../train/red/evil.png": picture(),
        "train/red/../../../evil.png": picture(),
        "/train/red/evil.png": picture(),
    }
    before = sorted(os.listdir(tmp_path))
    report = read_images(write_zip(tmp_path / "photos.zip", files))
    check_colors(report)
    assert len(report.parts["train"][1]) == 6
    assert sorted(os.listdir(tmp_path)) == sorted([*before, "photos.zip", "cache"])


def test_zip_ghosts_and_ways_out_beside_class_folders(tmp_path):
    files = {"red/1.png": picture(RED), "blue/1.png": picture(BLUE)}
    files |= {"/etc/1.png": picture(), "../up/1.png": picture(), "__MACOSX/red/._1.png": b""}
    check_colors(read_images(write_zip(tmp_path / "photos.zip", files)))


def test_folders_beside_wrapped_class_folders(tmp_path):
    files = {"mine/red/1.png": picture(RED), "mine/blue/1.png": picture(BLUE), "notes/green/": b""}
    check_colors(read_images(write_zip(tmp_path / "photos.zip", files)))


def test_zip_in_any_order(tmp_path):
    files = dict(sorted(data_set(["train", "val"]).items(), key=lambda item: item[0][::-1]))
    report = read_images(write_zip(tmp_path / "photos.zip", files))
    check_colors(report)
    assert all(file.startswith("val/") for file in report.files["test"])


def test_zip_made_on_windows(tmp_path):
    files = {name.replace("/", "\\"): content for name, content in data_set().items()}
    check_colors(read_images(write_zip(tmp_path / "photos.zip", files)))


@pytest.mark.parametrize("zipped", [False, True])
def test_a_class_in_two_forms_of_unicode(tmp_path, root, zipped):
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    files = {f"train/{composed}/1.png": picture(RED), f"test/{decomposed}/1.png": picture(RED)}
    files |= {f"{part}/bar/1.png": picture(BLUE) for part in ("train", "test")}
    if zipped:
        root = write_zip(tmp_path / "photos.zip", files)
    else:
        write(root, files)
    report = read_images(root)
    assert report.classes == ("bar", composed)
    assert set(report.files["test"]) == {"test/bar/1.png", f"test/{decomposed}/1.png"}


# pixels


def pixels(root, content: bytes, size=None) -> np.ndarray:
    """One picture read back, ``[3, H, W]``."""
    write(root, {"a/1.png": content, "b/1.png": content})
    return read_images(root, size).parts["all"][0][0]


def test_lossless_pixels_come_through(root):
    image = np.random.default_rng(0).integers(0, 256, (8, 6, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    assert (pixels(root, file.getvalue()) == image.transpose(2, 0, 1)).all()


@pytest.mark.parametrize(
    "mode, color, expected",
    [
        ("L", 90, (90, 90, 90)),
        ("1", 1, (255, 255, 255)),
        ("I;16", 90 * 256, (90, 90, 90)),
        ("LA", (90, 255), (90, 90, 90)),
        ("RGBA", (200, 0, 0, 255), (200, 0, 0)),
        ("RGBA", (200, 0, 0, 0), (255, 255, 255)),
        ("P", 0, (0, 0, 0)),
    ],
)
def test_modes(root, mode, color, expected):
    assert pixels(root, picture(color, mode=mode))[:, 0, 0].tolist() == list(expected)


@pytest.mark.parametrize("mode, value", [("F", 0.5), ("I", 2**24), ("I", -1), ("I", 200)])
def test_pixels_without_a_known_white_do_not_turn_black(root, mode, value):
    write(root, data_set() | {"train/red/measured.tif": picture(value, mode=mode, format="TIFF")})
    assert read_images(root).skipped == ("train/red/measured.tif",)


def test_pictures_of_a_kind_that_is_not_read_are_named_and_not_counted_as_damaged(root):
    write(root, data_set() | {"train/red/phone.HEIC": b"a photo", "train/red/notes.txt": b"not a picture"})
    for _ in ("read", "kept in the cache"):
        assert read_images(root, max_damaged=0).skipped == ("train/red/phone.HEIC",)


def test_transparent_palette_lies_on_white(root):
    content = picture(0, mode="P", transparency=0)
    assert pixels(root, content)[:, 0, 0].tolist() == [255, 255, 255]


def test_photographs_stand_upright(root):
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera on its side
    content = picture(size=(12, 8), format="JPEG", exif=exif)
    assert pixels(root, content).shape == (3, 12, 8)


@pytest.mark.parametrize("size", [(40, 20), (20, 40), (10, 10)])
def test_size_cuts_the_middle_square(root, size):
    image = Image.new("RGB", size, RED)
    side = min(size)
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    image.paste(BLUE, (left, top, left + side, top + side))
    file = io.BytesIO()
    image.save(file, "PNG")
    result = pixels(root, file.getvalue(), size=10)
    assert result.shape == (3, 10, 10)
    assert (result[:, 2:-2, 2:-2] == np.array(BLUE).reshape(3, 1, 1)).all()


def test_mixed_sizes(root):
    write(root, data_set())
    write(root, {"train/red/wide.png": picture(size=(30, 8))})
    with pytest.raises(DataError, match=r"different sizes(.|\n)*8x8(.|\n)*30x8 .*wide(.|\n)*size="):
        read_images(root)
    assert read_images(root, size=8).parts["train"][0].shape == (7, 3, 8, 8)
    assert read_images(root, size=np.int64(8)).parts["train"][0].shape == (7, 3, 8, 8)
    for size in (-5, 0, 64.5, True, "64"):
        with pytest.raises(DataError, match="this is no size"):
            read_images(root, size=size)


def test_large_images_need_a_size(root, monkeypatch):
    write(root, data_set(n=1) | {"train/red/one.png": picture(size=(600, 400))})
    write(
        root,
        {
            f"{part}/{c}/0.png": picture(size=(600, 400))
            for part in ("train", "test")
            for c in ("red", "blue")
        },
    )
    monkeypatch.setattr(folders, "MOST_BYTES", 5 * 600 * 400 * 3 - 1)
    with pytest.raises(DataError, match=r"too large(.|\n)*5 images of 600x400(.|\n)*size=64"):
        read_images(root)
    assert len(read_images(root, size=8).parts["train"][0]) == 3
    monkeypatch.setattr(folders, "MOST_BYTES", 5 * 600 * 400 * 3)
    assert read_images(root).parts["train"][0].shape == (3, 3, 400, 600)


# damage


def broken(kind: str) -> bytes:
    if kind == "empty":
        return b""
    if kind == "text":
        return b"<html>not found</html>"
    whole = picture(size=(60, 60), format="JPEG" if kind == "cut.jpg" else "PNG")
    return whole[: len(whole) // 2]


@pytest.mark.parametrize("kind", ["empty", "text", "cut.jpg", "cut.png"])
def test_damaged_images_are_named_and_skipped(root, kind):
    write(root, data_set() | {f"train/blue/bad {kind}.png": broken(kind)})
    for _ in range(2):  # decoded, then from the cache
        report = read_images(root)
        check_colors(report)
        assert report.skipped == (f"train/blue/bad {kind}.png",)
        assert len(report.parts["train"][1]) == len(report.files["train"]) == 6


def test_damage_inside_a_zip(tmp_path):
    path = write_zip(tmp_path / "photos.zip", data_set())
    content = bytearray(path.read_bytes())
    where = content.index(b"IDAT", content.index(b"train/red/1.png"))
    content[where + 6] ^= 0xFF
    path.write_bytes(content)
    assert read_images(path).skipped == ("train/red/1.png",)


def test_first_image_damaged(root):
    write(root, data_set(["train"]) | {"train/blue/0.png": b""})
    assert read_images(root).skipped == ("train/blue/0.png",)


def test_too_many_damaged(root):
    write(root, data_set(n=9) | {f"train/red/bad{i}.png": b"" for i in range(4)})
    assert len(read_images(root, max_damaged=4).skipped) == 4
    with pytest.raises(DataError, match=r"too many damaged(.|\n)*3 at most(.|\n)*4: train/red/bad0"):
        read_images(root, max_damaged=3)


def test_class_whose_images_are_all_damaged(root):
    write(root, data_set(n=1) | {"train/red/0.png": b""})
    with pytest.raises(DataError, match=r"no images(.|\n)*none of red; 1 files are damaged"):
        read_images(root)


def test_all_images_damaged(root):
    write(root, {"a/1.png": b"", "b/1.png": b""})
    with pytest.raises(DataError, match="damaged"):
        read_images(root)


@pytest.mark.parametrize("number", [errno.EIO, errno.EMFILE, errno.EACCES])
def test_what_cannot_be_read_for_now_is_not_damaged(root, monkeypatch, number):
    def refuse(self, name):
        raise OSError(number, os.strerror(number))

    write(root, data_set())
    with monkeypatch.context() as patch:
        patch.setattr(folders._Folder, "read", refuse)
        with pytest.raises(DataError, match=rf"blue/0.png cannot be read(.|\n)*{os.strerror(number)}"):
            read_images(root)
    assert read_images(root).skipped == ()


def test_a_folder_that_may_not_be_listed_is_not_left_out(root, monkeypatch):
    def scandir(path, scan=os.scandir):
        if str(path).endswith("red"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return scan(path)

    write(root, data_set())
    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DataError, match=r"red cannot be read(.|\n)*the right to read it"):
        read_images(root)


@pytest.mark.parametrize("step", ["_Folder.read", "decode"])
def test_a_lack_of_memory_is_no_damage(root, monkeypatch, step):
    def lack(*args):
        raise MemoryError

    write(root, data_set())
    monkeypatch.setattr(f"course_utils.data.folders.{step}", lack)
    with pytest.raises(MemoryError):
        read_images(root)


def test_damage_inside_a_zip_of_another_compression(tmp_path):
    with zipfile.ZipFile(tmp_path / "photos.zip", "w", zipfile.ZIP_BZIP2) as archive:
        for name, content in data_set().items():
            archive.writestr(name, content)
    content = bytearray((tmp_path / "photos.zip").read_bytes())
    content[content.index(b"BZh", content.index(b"train/red/1.png")) + 6] ^= 0xFF
    (tmp_path / "photos.zip").write_bytes(content)
    assert read_images(tmp_path / "photos.zip").skipped == ("train/red/1.png",)


def test_a_picture_of_too_many_pixels_is_not_damaged(root, monkeypatch):
    write(root, data_set() | {"train/red/wall.png": picture(size=(60, 60))})
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(
        DataError, match=r"wall.png is too large(.|\n)*3600 pixels(.|\n)*2000 pixels\n.*fewer"
    ):
        read_images(root, size=8)


# what cannot be read


def test_nothing_there(root):
    with pytest.raises(DataError, match="no data at"):
        read_images(root)


def test_no_images(root):
    write(root, {"train/red/1.heic": b"", "train/red/2.heic": b""})
    with pytest.raises(DataError, match=r"no images found(.|\n)*class(.|\n)*1\.heic"):
        read_images(root)


def test_empty_folder(root):
    root.mkdir()
    with pytest.raises(DataError, match=r"no images found(.|\n)*nothing"):
        read_images(root)


@pytest.mark.parametrize(
    "where", ["1.png", "train/1.png", "photos/train/1.png", "train/1.png train/red/2.png"]
)
def test_images_outside_of_classes(root, where):
    write(root, {name: picture() for name in where.split()})
    with pytest.raises(DataError, match=r"outside of any class(.|\n)*1 such images: .*1.png"):
        read_images(root)


def test_class_with_the_name_of_a_part(root):
    write(root, {f"{vehicle}/1.png": picture() for vehicle in ("bus", "train", "car")})
    with pytest.raises(DataError, match=r"1 such images: train/1.png\n.*names of parts: rename a class"):
        read_images(root)


@pytest.mark.parametrize(
    "folders, found, do",
    [
        (
            ["seg_train/red", "seg_train/blue", "seg_test/red", "seg_test/blue"],
            "seg_train",
            "call them train",
        ),
        (["training_set/training_set/red", "test_set/test_set/red"], "training_set", "call them train"),
        (["red/train", "red/test", "blue/train", "blue/test"], "blue, red", "parts outside"),
    ],
)
def test_parts_do_not_become_classes(root, folders, found, do):
    write(root, {f"{folder}/1.png": picture() for folder in folders})
    with pytest.raises(DataError, match=rf"cannot be told apart(.|\n)*{found}(.|\n)*{do}"):
        read_images(root)


def test_classes_whose_names_hold_those_of_parts_are_classes(root):
    write(root, {f"{label}/{i}.png": picture() for label in ("train_station", "test_tube") for i in range(4)})
    write(root, {"test_tube/old/1.png": picture()})
    assert read_images(root).classes == ("test_tube", "train_station")


def test_class_missing_from_a_part(root):
    write(root, data_set() | {"train/green/1.png": picture()})
    with pytest.raises(DataError, match=r"a class with no images(.|\n)*in test(.|\n)*none of green"):
        read_images(root)


@pytest.mark.parametrize("zipped", [False, True])
def test_empty_class_folder(tmp_path, root, zipped):
    if zipped:
        root = write_zip(tmp_path / "photos.zip", data_set() | {"train/green/": b""})
    else:
        write(root, data_set())
        (root / "train/green").mkdir()
    with pytest.raises(DataError, match="none of green"):
        read_images(root)


@pytest.mark.parametrize("zipped", [False, True])
def test_class_whose_files_are_of_other_kinds(tmp_path, root, zipped):
    files = {name: b"" for name in ("1.heic", "2.HEIC", "deep/3.heic", "4.avif", "license")}
    files = data_set(["train"]) | {f"train/green/{name}": content for name, content in files.items()}
    if zipped:
        root = write_zip(tmp_path / "photos.zip", files)
    else:
        write(root, files)
    kinds = r"green; files of other kinds: 3 .heic, 1 .avif, 1 without an ending\n.*\.png"
    with pytest.raises(DataError, match=kinds):
        read_images(root)


@pytest.mark.parametrize("name", ["red/1.png", "train/red/1.png"])
def test_single_class(root, name):
    write(root, {name: picture()})
    with pytest.raises(DataError, match=r"a single class(.|\n)*only red"):
        read_images(root)


@pytest.mark.parametrize("parts", [["test", "val"], ["test"]])
def test_no_train_folder(root, parts):
    write(root, data_set(parts))
    with pytest.raises(DataError, match=rf"no training images(.|\n)*only {', '.join(parts)}"):
        read_images(root)


def test_file_that_is_no_zip(tmp_path):
    (tmp_path / "photos.tar.gz").write_bytes(b"something")
    with pytest.raises(DataError, match="cannot be read"):
        read_images(tmp_path / "photos.tar.gz")


@pytest.mark.parametrize("place, value, found", [(8, 1, "encrypted"), (10, 9, "compression")])
def test_zips_that_have_to_be_unpacked(tmp_path, place, value, found):
    path = write_zip(tmp_path / "photos.zip", data_set())
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + place] = value  # flags or method in the list at the end
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"without unpacking(.|\n)*{found}(.|\n)*unpack it to a folder"):
        read_images(path)


# caching


@pytest.mark.parametrize("zipped", [False, True])
def test_decoded_once_until_a_file_changes(tmp_path, root, zipped, monkeypatch):
    def save(files):
        if zipped:
            return write_zip(tmp_path / "photos.zip", files)
        write(root, files)
        return root

    decoded = []
    decode = folders._decode
    monkeypatch.setattr(folders, "_decode", lambda *a: decoded.append(a[-1]) or decode(*a))
    path = save(data_set())
    check_colors(read_images(path))
    assert len(decoded) == 12
    check_colors(read_images(path))
    assert len(decoded) == 12
    read_images(path, size=8)
    assert len(decoded) == 24
    save(data_set() | {"train/red/new.png": picture()})
    assert len(read_images(path).parts["train"][1]) == 7
    assert len(decoded) == 37


def test_file_that_changes_is_decoded_again(root):
    write(root, data_set())
    read_images(root)
    write(root, {"train/red/0.png": picture((123, 0, 0))})
    assert 123 in read_images(root).parts["train"][0]


def test_more_images_than_are_decoded_at_once(root, monkeypatch):
    monkeypatch.setattr(folders, "CHUNK", 5)
    write(root, data_set(n=7))
    report = read_images(root, size=8)
    check_colors(report)
    assert report.files["train"].tolist() == sorted(report.files["train"].tolist())


def test_small_folders_show_no_progress_bar(root, capfd):
    write(root, data_set())
    read_images(root)
    assert capfd.readouterr() == ("", "")


def test_a_link_to_a_folder_above_brings_nothing_twice(root):
    write(root, {f"train/{c}/{i}.png": picture() for c in ("cat", "dog") for i in range(3)})
    write(root, {f"test/{c}/0.png": picture() for c in ("cat", "dog")})
    (root / "current").symlink_to(root, target_is_directory=True)
    (root / "train" / "cat" / "up").symlink_to("../..", target_is_directory=True)
    read = read_images(root)
    assert {part: len(labels) for part, (_, labels) in read.parts.items()} == {"train": 6, "test": 2}


def test_a_link_to_another_drive_of_windows_does_not_lead_up(monkeypatch):
    monkeypatch.setattr(folders, "os", SimpleNamespace(path=ntpath))
    monkeypatch.setattr(ntpath, "realpath", lambda path: r"E:\more" if path.endswith("more") else path)
    assert not folders._leads_up(r"D:\photos", "more")
    assert not folders._leads_up(r"E:\more\photos", "cat") and folders._leads_up(r"E:\more\photos", "more")


def test_what_a_link_leads_to_is_looked_at(root):
    write(root, {f"train/{c}/{i}.png": picture() for c in ("cat", "dog") for i in range(2)})
    write(root, {f"test/{c}/0.png": picture() for c in ("cat", "dog")})
    target = root.parent / "one.png"
    (root / "train" / "cat" / "link.png").symlink_to(target)
    assert read_images(root).skipped == ("train/cat/link.png",)
    target.write_bytes(picture())
    assert read_images(root).skipped == ()


def test_groups_that_a_data_set_has_parted_are_told(root):
    write(root, {f"train/{c}/ada_{i}.png": picture() for c in ("cat", "dog") for i in range(2)})
    write(root, {f"test/{c}/ada_7.png": picture() for c in ("cat", "dog")})
    with pytest.raises(DataError, match="one group lie in t.* and in t"):
        load_data(root, groups="stem", size=8)


def test_groups_that_stay_in_their_part_are_read(root):
    write(root, {f"train/{c}/ada_{i}.png": picture() for c in ("cat", "dog") for i in range(2)})
    write(root, {f"train/{c}/bob_{i}.png": picture() for c in ("cat", "dog") for i in range(2)})
    write(root, {f"test/{c}/eve_7.png": picture() for c in ("cat", "dog")})
    splits = load_data(root, groups="stem", size=8, val=1)
    assert set(splits.test.groups) == {"eve"} and {*splits.train.groups, *splits.val.groups} == {"ada", "bob"}
