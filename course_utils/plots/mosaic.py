"""Equal tiles in rows and columns, drawn in one axes whose units are inches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.patches import Rectangle

from course_utils.plots.frame import new_figure, shorten

PAGE = 7.7  # inches across
GAP, LINE, LETTER = 0.08, 0.145, 0.066  # inches: between tiles, a line, a letter
SHOW_PIXELS = 64  # images up to this many pixels high are enlarged pixel by pixel


def grid(n: int, columns: int) -> tuple[int, int]:
    """Rows and columns for ``n`` tiles, at most ``columns`` across."""
    columns = min(columns, n)
    return -(-n // columns), columns


class Mosaic:
    """A figure of ``rows`` x ``columns`` tiles, each with room for ``lines`` of text above it.

    Args:
        ratio: height of a tile over its width.
        row_names: texts to the left of the rows, of one or two lines.
        largest: width in inches that a tile has if the page is wide enough.
    """

    def __init__(
        self,
        rows: int,
        columns: int,
        *,
        title: str,
        caption: Sequence[str],
        ratio: float = 1.0,
        lines: int = 0,
        row_names: Sequence[str] = (),
        largest: float = 0.95,
    ):
        self.columns = columns
        left = max((len(line) for name in row_names for line in name.splitlines()), default=0) * 0.09
        self.tile = min(largest, (PAGE - left) / columns - GAP)
        self.high = self.tile * ratio
        self.band = lines * LINE
        width, height = columns * (self.tile + GAP), rows * (self.high + self.band + GAP)
        self.figure = new_figure(title, caption, width=max(left + width + 0.3, 5.5), height=height)
        self.axes = self.figure.add_subplot()
        self.axes.set(xlim=(-left, width), ylim=(height, 0), aspect="equal", anchor="W")
        self.axes.axis("off")
        for row, name in enumerate(row_names):
            _, y = self.corner((row, 0))
            self.axes.text(-GAP, y + self.high / 2, name, ha="right", va="center", size=9)

    def cell(self, i: int) -> tuple[int, int]:
        """Row and column of the ``i``-th tile."""
        return divmod(i, self.columns)

    def corner(self, cell: tuple[int, int]) -> tuple[float, float]:
        """The upper left corner of a tile by row and column, in inches from the first tile's."""
        row, column = cell
        return column * (self.tile + GAP), row * (self.high + self.band + GAP) + self.band

    def place(self, cell: tuple[int, int], image: np.ndarray, frame: str | None = None) -> None:
        """Show ``image`` (uint8 ``[H, W, 3]``), within a frame of a colour if given."""
        x, y = self.corner(cell)
        self.axes.imshow(
            image,
            extent=(x, x + self.tile, y + self.high, y),
            interpolation="nearest" if len(image) <= SHOW_PIXELS else "antialiased",
        )
        if frame:
            self.axes.add_patch(
                Rectangle((x, y), self.tile, self.high, fill=False, edgecolor=frame, linewidth=2)
            )

    def write(self, cell: tuple[int, int], *lines: str) -> None:
        """Write lines above a tile, cut to its width."""
        x, y = self.corner(cell)
        for above, line in enumerate(reversed(lines)):
            text = shorten(line, int(self.tile / LETTER))
            self.axes.text(x, y - 0.05 - above * LINE, text, size=8, va="baseline")
