"""Show networks a photograph of your own: the five most probable classes of each, as bars."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor, nn

from course_utils import plots
from course_utils.data.augment import Preprocess
from course_utils.data.folders import decode, too_many_pixels
from course_utils.errors import DataError
from course_utils.models.freezing import eval_mode
from course_utils.plots.frame import CourseFigure, mimebundle
from course_utils.widgets import live

SIZE = 224  # pixels of the square that is cut out of a photograph


@dataclass(frozen=True)
class Network:
    """A classifier with what it needs to be asked: preprocessing and names of its classes."""

    model: nn.Module
    preprocess: Preprocess
    classes: Sequence[str]

    def top(self, photo: Tensor, k: int = 5) -> list[tuple[str, float]]:
        """The ``k`` most probable classes of uint8 ``[3, H, W]``, with probabilities in 0..1."""
        device = next(self.model.parameters()).device
        with eval_mode(self.model), torch.inference_mode():
            logits = self.model(self.preprocess(photo[None].to(device)))
        values, places = logits.softmax(dim=1)[0].cpu().topk(min(k, logits.shape[1]))
        return [(self.classes[i], p) for i, p in zip(places.tolist(), values.tolist())]


def view(networks: Mapping[str, Network], photo: Tensor, *, data: str) -> None:
    """Show what each network says to ``photo``, and take other photographs where a person can upload them.

    A page without widgets shows the answers for ``photo``.

    Args:
        photo: uint8 ``[3, H, W]``.
        data: what it is, for the caption.
    """
    twin = mimebundle(answers(networks, photo, data=data))
    live.show(twin, lambda: uploader(networks, twin[0]["text/html"]))


def answers(networks: Mapping[str, Network], photo: Tensor, *, data: str) -> CourseFigure:
    """The photograph beside the five most probable classes of each network."""
    guesses = {name: network.top(photo) for name, network in networks.items()}
    title = ", ".join(f"{name}: {its[0][0]}" for name, its in guesses.items())
    return plots.photo_by_networks(photo, guesses, title=title[0].upper() + title[1:], data=data)


def uploader(networks: Mapping[str, Network], first: str):
    """The widget: a button to choose a file above the answers; returns an ``ipywidgets.VBox``.

    Args:
        first: HTML to show before a file is chosen.
    """
    import ipywidgets as widgets

    button = widgets.FileUpload(
        description="Choose a photograph",
        icon="",
        accept="image/*",
        multiple=False,
        layout=widgets.Layout(width="16em"),
    )
    hint = widgets.HTML("JPEG, PNG, WebP or GIF, up to 10 MB. The square in the middle is used.")
    picture = widgets.HTML(first)

    def show(_) -> None:
        file = uploaded(button.value)
        if file is None:
            return
        name, content = file
        try:
            photo = read_photo(name, content)
        except DataError as problem:
            picture.value = f'<pre style="white-space:pre-wrap">{html.escape(str(problem))}</pre>'
            return
        picture.value = mimebundle(answers(networks, photo, data=name))[0]["text/html"]

    button.observe(show, names="value")
    return widgets.VBox([button, hint, picture])


def uploaded(value: Mapping | Sequence) -> tuple[str, bytes] | None:
    """Name and bytes of the last file in ``FileUpload.value``; ``None`` if there is none.

    ipywidgets 7 has a dict of files by name there, 8 a tuple of files that know their names.
    """
    if not value:
        return None
    if isinstance(value, Mapping):
        name, file = list(value.items())[-1]
    else:
        file = value[-1]
        name = file["name"]
    return name, bytes(file["content"])


def read_photo(name: str, content: bytes) -> Tensor:
    """The square in the middle of a photograph: uint8 ``[3, 224, 224]``, upright and in colour.

    Raises:
        DataError: if the file is damaged, of a kind that Pillow does not read, or has too many pixels.
    """
    try:
        return torch.from_numpy(decode(content, SIZE).copy())
    except Image.DecompressionBombError as problem:
        raise too_many_pixels(name, problem) from None
    except Exception:
        raise DataError(
            f"{name} cannot be read as a photograph.",
            expected="a whole JPEG, PNG, WebP or GIF",
            found=f"{len(content):,} bytes that are none of these, or are damaged",
            do="choose another file, or save it as a JPEG first",
        ) from None
