"""Look into residual blocks: sliders for image, block and channel, or a picture of the same."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from course_utils import plots
from course_utils.analysis.residual import BlockRecord
from course_utils.plots.frame import CourseFigure, mimebundle
from course_utils.widgets import live

OVER_ALL = "ratio of F(x) to the shortcut and their cosine: over all channels"


def explore(records: Mapping[str, BlockRecord], images: Tensor, *, data: str, title: str) -> None:
    """Show x, F(x), their sum and the ReLU of it, with sliders where a person can move them.

    Every slider takes the arrow keys. A page without widgets shows the picture of :func:`all_blocks`.

    Args:
        records: from :func:`course_utils.analysis.residual.capture`, of one batch.
        images: the pictures of that batch, uint8 ``[N, 3, H, W]``.
        data: what the pictures are, for the caption.
    """
    twin = mimebundle(all_blocks(records, images, data=data, title=title))
    live.show(twin, lambda: sliders(records, images, data=data))


def all_blocks(records: Mapping[str, BlockRecord], images: Tensor, *, data: str, title: str) -> CourseFigure:
    """The explorer's static twin: image 1 and its liveliest channel in every block."""
    channel = liveliest_channel(records)
    rows = {name: record.maps(image=0, channel=channel) for name, record in records.items()}
    notes = {
        name: f"ratio {record.ratio[0]:.2f}\ncosine {record.cosine[0]:+.2f}"
        for name, record in records.items()
    }
    small_print = f"{data}, image 1, channel {channel}; {OVER_ALL}"
    return plots.block_maps(rows, image=images[0], title=title, data=small_print, notes=notes)


def one_block(
    records: Mapping[str, BlockRecord], images: Tensor, image: int, name: str, channel: int, data: str
) -> CourseFigure:
    """What the sliders show: one image, one block, one channel."""
    record = records[name]
    ratio, cosine = record.ratio[image], record.cosine[image]
    title = f"{name}: F(x) has {ratio:.2f} times the norm of the shortcut, cosine {cosine:+.2f}"
    small_print = f"{data}, image {image + 1}, channel {channel}; {OVER_ALL}"
    rows = {name: record.maps(image, channel)}
    return plots.block_maps(rows, image=images[image], title=title, data=small_print)


def sliders(records: Mapping[str, BlockRecord], images: Tensor, *, data: str):
    """The widget: three sliders above a picture that follows them; returns an ``ipywidgets.VBox``."""
    import ipywidgets as widgets

    style = {"description_width": "5em"}
    image = widgets.IntSlider(1, 1, len(images), description="image", style=style, continuous_update=False)
    block = widgets.SelectionSlider(
        options=list(records), description="block", style=style, continuous_update=False
    )
    channel = widgets.IntSlider(
        liveliest_channel(records),
        0,
        channels(records[block.value]) - 1,
        description="channel",
        style=style,
        continuous_update=False,
    )
    picture = widgets.HTML()

    def draw(_=None) -> None:
        channel.max = channels(records[block.value]) - 1
        figure = one_block(records, images, image.value - 1, block.value, channel.value, data)
        picture.value = mimebundle(figure)[0]["text/html"]

    for slider in (image, block, channel):
        slider.observe(draw, names="value")
    draw()
    return widgets.VBox([image, block, channel, picture])


def liveliest_channel(records: Mapping[str, BlockRecord]) -> int:
    """The channel of image 1 whose faintest map, over all blocks and steps, has the largest norm."""
    shared = min(map(channels, records.values()))
    steps = [t[0, :shared] for r in records.values() for t in (r.shortcut, r.residual, r.sum, r.output)]
    norms = torch.stack([step.flatten(1).norm(dim=1) for step in steps])
    return int(norms.min(dim=0).values.argmax())


def channels(record: BlockRecord) -> int:
    """How many channels the block's output has."""
    return record.output.shape[1]
