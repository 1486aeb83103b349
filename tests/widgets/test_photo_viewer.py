"""The viewer: uploads of ipywidgets 7 and 8, photographs of all kinds, answers of several networks."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from tiny import PREPROCESS, tiny_model
from torch import nn

from course_utils.data.augment import Preprocess
from course_utils.errors import DataError
from course_utils.widgets import live
from course_utils.widgets.photo_viewer import (
    SIZE,
    Network,
    answers,
    read_photo,
    uploaded,
    uploader,
    view,
)

CLASSES = ("cat", "dog", "<b>frog</b>")
NETWORKS = {
    "before": Network(tiny_model(), Preprocess(PREPROCESS.mean, PREPROCESS.std, 8), CLASSES),
    "after": Network(tiny_model(seed=1).train(), Preprocess(PREPROCESS.mean, PREPROCESS.std, 8), CLASSES),
}
PHOTO = torch.zeros(3, SIZE, SIZE, dtype=torch.uint8)


def file_of(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def version_7(name: str, content: bytes) -> dict:
    return {name: {"metadata": {"name": name, "size": len(content)}, "content": content}}


def version_8(name: str, content: bytes) -> tuple:
    return ({"name": name, "type": "image/png", "size": len(content), "content": memoryview(content)},)


@pytest.mark.parametrize("version", [version_7, version_8])
def test_an_upload_is_read_from_either_version(version):
    assert uploaded(version("me.png", b"abc")) == ("me.png", b"abc")


@pytest.mark.parametrize("nothing", [{}, ()])
def test_nothing_uploaded(nothing):
    assert uploaded(nothing) is None


def test_a_photograph_is_turned_upright():
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :30] = 255  # white on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: left is up
    photo = read_photo("turned.jpg", file_of(Image.fromarray(pixels), "JPEG", exif=exif)).float()
    assert photo[:, :60].mean() > 250 and photo[:, -60:].mean() < 5


@pytest.mark.parametrize(
    "mode, value",
    [("L", 100), ("LA", (100, 255)), ("I;16", 100 << 8), ("1", 1), ("P", 7), ("CMYK", (0, 0, 0, 0))],
)
def test_grey_and_other_kinds_become_colour(mode, value):
    kind = "TIFF" if mode == "CMYK" else "PNG"
    photo = read_photo("any", file_of(Image.new(mode, (30, 20), value), kind))
    assert photo.shape == (3, SIZE, SIZE) and photo.dtype == torch.uint8


def test_what_is_transparent_becomes_white():
    photo = read_photo("clear.png", file_of(Image.new("RGBA", (20, 20), (255, 0, 0, 0))))
    assert (photo == 255).all()


def test_a_picture_of_too_many_pixels_is_not_called_damaged(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(DataError, match=r"wall.png is too large a picture(.|\n)*fewer pixels"):
        read_photo("wall.png", file_of(Image.new("RGB", (60, 60))))


@pytest.mark.parametrize("content", [b"", b"hello", file_of(Image.new("RGB", (300, 300)), "JPEG")[:200]])
def test_broken_files_get_a_sentence(content):
    with pytest.raises(DataError, match="me.jpg cannot be read as a photograph"):
        read_photo("me.jpg", content)


def test_answers_come_from_every_network_and_leave_its_mode_alone():
    figure = answers(NETWORKS, PHOTO, data="a photograph")
    assert "before: " in figure.alt_text and "; after: " in figure.alt_text
    assert sum(figure.alt_text.count(name) for name in CLASSES) >= 6
    assert NETWORKS["after"].model.training
    top = NETWORKS["before"].top(PHOTO)
    assert [p for _, p in top] == sorted((p for _, p in top), reverse=True) and len(top) == 3


def test_parts_in_another_mode_stay_in_it():
    network = Network(tiny_model().train(), NETWORKS["after"].preprocess, CLASSES)
    norm = next(m for m in network.model.modules() if isinstance(m, nn.BatchNorm2d)).eval()
    network.top(PHOTO)
    assert network.model.training and not norm.training


class FakeUpload:
    """What the viewer needs of ``FileUpload``, with whichever version's value."""

    def __init__(self, **options):
        self.options, self.value, self.told = options, (), []

    def observe(self, tell, names):
        assert names == "value"
        self.told.append(tell)

    def receive(self, value):
        self.value = value
        for tell in self.told:
            tell({"new": value})


@pytest.fixture(params=[version_7, version_8])
def receive(request, monkeypatch):
    """Upload a file as either version does; returns what is shown then."""
    import ipywidgets

    made = []
    monkeypatch.setattr(
        ipywidgets, "FileUpload", lambda **options: made.append(FakeUpload(**options)) or made[-1]
    )
    monkeypatch.setattr(ipywidgets, "VBox", list)
    _, _, picture = uploader(NETWORKS, "<img>")

    def upload(name, content):
        made[0].receive(request.param(name, content))
        return picture.value

    return upload


def test_an_uploaded_photograph_is_answered(receive):
    shown = receive("me & you.png", file_of(Image.new("RGB", (30, 30), "red")))
    assert shown.startswith("<img") and "me &amp; you.png" in shown and "<b>frog" not in shown


def test_an_uploaded_wreck_is_answered_too_and_names_are_escaped(receive):
    shown = receive("<b>.jpg", b"nothing")
    assert "&lt;b&gt;.jpg cannot be read" in shown and "do this" in shown
    assert receive("good.png", file_of(Image.new("RGB", (9, 9)))).startswith("<img")


def test_page_and_person_get_twin_and_uploader(monkeypatch):
    given = []
    monkeypatch.setattr(live, "show", lambda *both: given.append(both))
    view(NETWORKS, PHOTO, data="a photograph")
    (((data, _), make_view),) = given
    button, _, picture = make_view().children
    assert picture.value == data["text/html"] and button.description == "Choose a photograph"
