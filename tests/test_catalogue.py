"""What can be fetched by name."""

import pytest

from course_utils import catalogue
from course_utils.data.sources import SOURCES
from course_utils.errors import DownloadError
from course_utils.models.architectures import TORCHVISION


def test_the_catalogue_is_data_and_weights_and_each_says_how_to_fetch_it_again():
    assert list(catalogue.CATALOGUE) == [*SOURCES, *TORCHVISION]
    for name, download in catalogue.CATALOGUE.items():
        assert download().again == f"`course fetch {name}`"
        assert download().published and download().checksum


def test_unknown_name():
    with pytest.raises(DownloadError, match="'cifar100'.\n  expected: cifar10, hotdog, resnet18"):
        catalogue.fetch("cifar100")


def test_fetch_by_name(start_server, mirrors, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    mirrors(start_server().url)
    with pytest.raises(
        DownloadError, match="hotdog.zip could not be downloaded(.|\n)*`course fetch hotdog` again"
    ):
        catalogue.fetch("hotdog", progress=False)
