"""CIFAR-10 and the hot dogs: published addresses, and from a server to labelled images."""

import hashlib
import io
import zipfile
from dataclasses import replace

import pytest
from archives import archive_bytes
from PIL import Image
from torchvision.datasets import CIFAR10

from course_utils.data import sources
from course_utils.data.loading import load_data
from course_utils.data.sources import SOURCES
from course_utils.downloads import fetch


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))


def test_addresses_and_checksums(tmp_path):
    cifar10, hotdog = SOURCES["cifar10"](), SOURCES["hotdog"]()
    for wanted in (cifar10, hotdog):
        assert all(url.endswith(f"/{wanted.path.name}") for url in wanted.urls)
        assert wanted.path.parent == tmp_path / "data"
    assert cifar10.urls[0] == CIFAR10.url and len(cifar10.urls) > 1
    assert cifar10.checksum == f"md5:{CIFAR10.tgz_md5}"
    assert hotdog.checksum == "sha1:fba480ffa8aa7e0febbb511d181409f899b9baa5"


def test_cifar10_end_to_end(start_server, mirrors, monkeypatch):
    content = archive_bytes()
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(content).hexdigest())
    mirrors(start_server({"/cifar-10-python.tar.gz": content}).url)
    fetch(sources.cifar10(), progress=False)
    for source in ("cifar10", "auto"):
        splits = load_data(source)
        assert splits.name == "CIFAR-10" and len(splits.train) == 90
        assert (splits.train.images[:, 0, 9, 9] == splits.train.labels).all()


def test_hot_dogs_end_to_end(start_server, mirrors):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for i in range(16):
            image = io.BytesIO()
            Image.new("RGB", (20 + i, 30), (10 * i, 0, 0)).save(image, "PNG")
            part, label = ("train", "test")[i % 2], ("hotdog", "not-hotdog")[i // 2 % 2]
            archive.writestr(f"hotdog/{part}/{label}/{i}.png", image.getvalue())
    mirrors(start_server({"/hotdog.zip": file.getvalue()}).url)
    checksum = f"sha1:{hashlib.sha1(file.getvalue()).hexdigest()}"
    fetch(replace(sources.hotdog(), checksum=checksum), progress=False)
    assert load_data("hotdog", size=16, val=2).classes == ("hotdog", "not-hotdog")
