"""Things to play with in a notebook, each with a static twin for every other reader.

Start reading in ``live.py``: one output, two forms.
"""

from __future__ import annotations

from course_utils.widgets.photo_viewer import Network, read_photo, view
from course_utils.widgets.playground import play
from course_utils.widgets.residual_explorer import explore
from course_utils.widgets.training_panel import fit_with_panel
from course_utils.widgets.zoo_browser import zoo_table

__all__ = [
    "Network",
    "explore",
    "fit_with_panel",
    "play",
    "read_photo",
    "view",
    "zoo_table",
]
