"""Play with augmentation: sliders, and the same image eight times; or a picture of each kind of change."""

from __future__ import annotations

import torch
from torch import Tensor

from course_utils import plots
from course_utils.data.augment import Augment
from course_utils.plots.frame import CourseFigure, mimebundle
from course_utils.widgets import live

VERSIONS = 8
KINDS = {
    "shift by up to\n4 pixels": Augment(pad=4, flip=False),
    "mirror half\nof them": Augment(pad=0, flip=True),
    "light times\n0.6 to 1.4": Augment(pad=0, flip=False, jitter=0.4),
    "all of these": Augment(pad=4, flip=True, jitter=0.4),
}


def play(images: Tensor, *, data: str, seed: int = 0) -> None:
    """Show what :class:`~course_utils.data.augment.Augment` makes of an image, with sliders for its settings.

    Every control takes the keyboard. A page without widgets shows the picture of :func:`all_kinds`.

    Args:
        images: uint8 ``[N, 3, H, W]``, to choose from.
        data: what they are, for the caption.
    """
    twin = mimebundle(all_kinds(images[0], data=data, seed=seed))
    live.show(twin, lambda: controls(images, data=data, seed=seed))


def all_kinds(image: Tensor, *, data: str, seed: int = 0) -> CourseFigure:
    """The static twin: each kind of change by itself, and all of them, at settings that one sees."""
    versions = {name: augmented(image, augment, seed) for name, augment in KINDS.items()}
    title = f"{VERSIONS} random versions of one image by each change"
    return plots.augmentation_rows(image, versions, data=data, title=title)


def augmented(image: Tensor, augment: Augment, seed: int) -> Tensor:
    """Eight versions of uint8 ``[3, H, W]``: uint8 or float ``[8, 3, H, W]`` in 0..255."""
    generator = torch.Generator().manual_seed(seed)
    return augment(image.repeat(VERSIONS, 1, 1, 1), generator)


def controls(images: Tensor, *, data: str, seed: int = 0):
    """The widget: an image and the settings of ``Augment`` above what they do; an ``ipywidgets.VBox``."""
    import ipywidgets as widgets

    style = {"description_width": "14em"}
    wide = {"style": style, "layout": widgets.Layout(width="34em"), "continuous_update": False}
    image = widgets.IntSlider(1, 1, len(images), description="image", **wide)
    pad = widgets.IntSlider(4, 0, images.shape[-1] // 2, description="shift: pad (pixels)", **wide)
    flip = widgets.Checkbox(
        True, description="flip: mirror half of them", style={"description_width": "initial"}
    )
    jitter = widgets.FloatSlider(0.0, min=0, max=1, step=0.1, description="light: jitter (± share)", **wide)
    again = widgets.Button(description="Draw again", tooltip="Eight other random versions")
    code, picture = widgets.HTML(), widgets.HTML()
    draws = [seed]

    def draw(_=None) -> None:
        augment = Augment(pad.value, flip.value, round(jitter.value, 2))
        original = images[image.value - 1]
        figure = plots.augmentation_grid(original, augmented(original, augment, draws[0]), data=data)
        code.value = f"<code>{augment}</code>"
        picture.value = mimebundle(figure)[0]["text/html"]

    def draw_again(_) -> None:
        draws[0] += 1
        draw()

    for control in (image, pad, flip, jitter):
        control.observe(draw, names="value")
    again.on_click(draw_again)
    draw()
    return widgets.VBox([image, pad, flip, jitter, again, code, picture])
